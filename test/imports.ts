/**
 * Which file reaches which: every import of the source, the type-only ones, the dynamic ones and the programs
 * that are started (`new URL("./main.ts", import.meta.url)`) included. For the test of the architecture.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { parseSync } from "vite";

export interface Import {
  /** Path of the importing file, from the checkout's root. */
  from: string;
  line: number;
  /** A path from the root, or the name of a package. `undefined` where only a run would tell. */
  to: string | undefined;
  /** A type or nothing but types: gone when it runs. */
  isType: boolean;
}

const ROOT = new URL("..", import.meta.url).pathname;

/** Every import of the TypeScript files below `folder`. */
export function importsBelow(folder: string): Import[] {
  return globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT }).sort().flatMap(importsOf);
}

function importsOf(from: string): Import[] {
  return importsIn(from, readFileSync(join(ROOT, from), "utf8"));
}

/** The imports of a file with this content. */
export function importsIn(from: string, text: string): Import[] {
  const { program, errors } = parseSync(from, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${from} cannot be read: ${error.message}`);
  const found: Import[] = [];
  const add = (node: Node, source: unknown, isType: boolean): void => {
    const line = text.slice(0, node.start).split("\n").length;
    found.push({ from, line, to: typeof source === "string" ? placeOf(from, source) : undefined, isType });
  };
  walk(program, (node) => {
    switch (node.type) {
      case "ImportDeclaration":
        return add(node, literal(node.source), node.importKind === "type");
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration":
        if (node.source) add(node, literal(node.source), node.exportKind === "type");
        return;
      case "ImportExpression":
        return add(node, literal(node.source), false);
      case "TSImportType":
        return add(node, literal(node.source), true);
      case "NewExpression": {
        const started = programOf(text.slice(node.start, node.end));
        if (started !== undefined) add(node, started, false);
      }
    }
  });
  return found;
}

type Node = { type: string; start: number; end: number } & Readonly<Record<string, unknown>>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value && "start" in value) visit(value as Node);
  for (const part of Object.values(value)) walk(part, visit);
}

/** The text of a string literal. */
function literal(node: unknown): unknown {
  return (node as { value?: unknown }).value;
}

function programOf(expression: string): string | undefined {
  return /^new URL\(\s*"([^"]+\.tsx?)",\s*import\.meta\.url,?\s*\)$/.exec(expression)?.[1];
}

function placeOf(from: string, source: string): string {
  return source.startsWith(".") ? join(dirname(from), source) : source;
}
