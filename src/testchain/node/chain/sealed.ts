/** Text with its own hash in front: a file that was cut short, changed, or made by another version is noticed when read. */
import { sha256 } from "../../../chain/hash.ts";

const HASH_CHARACTERS = 64;

export function seal(text: string): string {
  return `${sha256(Buffer.from(text)).toString("hex")}\n${text}`;
}

/** The text that was sealed. Throws for anything that {@link seal} did not make. */
export function unseal(sealed: string): string {
  const text = sealed.slice(HASH_CHARACTERS + 1);
  if (seal(text) !== sealed) throw new Error("it is not whole, or of another version");
  return text;
}
