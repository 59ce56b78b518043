/** The log of one node, read from where a case began. */
import { existsSync, readFileSync, statSync } from "node:fs";

export class NodeLog {
  private readonly file: string;
  private from = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** What comes from now on is new. */
  mark(): void {
    this.from = existsSync(this.file) ? statSync(this.file).size : 0;
  }

  /** Everything since the mark. */
  get text(): string {
    if (!existsSync(this.file)) return "";
    return readFileSync(this.file).subarray(this.from).toString("utf8");
  }

  has(pattern: RegExp): boolean {
    return pattern.test(this.text);
  }

  tail(lines: number): string {
    const text = this.text.trimEnd();
    return text === "" ? "(nothing new)" : text.split("\n").slice(-lines).join("\n");
  }
}
