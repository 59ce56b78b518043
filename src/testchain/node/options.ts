/**
 * Reads the options of a node from its command line and `config.ini` as nodeos does: the command line wins,
 * lists add up, an unknown name or a value of the wrong kind is an error.
 */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { messageOf } from "../../kit/problem.ts";
import { type EFFECTIVE_OPTIONS, isIgnored, kindOfOption, type OptionKind, SHORT_OPTIONS } from "./option-names.ts";

type Value<K extends OptionKind> = K extends "flag" | "bool"
  ? boolean
  : K extends "number"
    ? number
    : K extends "list"
      ? string[]
      : string;
export type Options = { [K in keyof typeof EFFECTIVE_OPTIONS]?: Value<(typeof EFFECTIVE_OPTIONS)[K]> };

/** A mistake in the options; `main` prints it as nodeos does and exits with 255. */
export class OptionsError extends Error {}

/** Values by option name, in the order they were given. */
type Given = Map<string, string[]>;

export interface ReadOptions {
  options: Options;
  /** Names of options that were given and are taken without effect. */
  ignored: string[];
}

/** `argv`: what stands behind the program's name. Throws {@link OptionsError}. */
export function readOptions(argv: readonly string[]): ReadOptions {
  const line = parseArguments(argv);
  const file = configFile(line);
  const given: Given = file === undefined ? new Map() : parseIni(readText(file));
  for (const [name, values] of line) {
    const before = kindOfOption(name) === "list" ? (given.get(name) ?? []) : [];
    given.set(name, [...before, ...values]);
  }
  const options: Record<string, unknown> = {};
  const ignored: string[] = [];
  for (const [name, values] of given) {
    if (isIgnored(name)) ignored.push(name);
    else options[name] = convert(name, kindOf(name), values);
  }
  return { options: options as Options, ignored };
}

/** nodeos writes a default one where there is none; for us that is the same as none. */
function configFile(line: Given): string | undefined {
  const name = line.get("config")?.at(-1) ?? "config.ini";
  const directory = line.get("config-dir")?.at(-1);
  if (directory === undefined && !isAbsolute(name)) return undefined;
  const file = isAbsolute(name) ? name : join(directory ?? "", name);
  if (existsSync(file)) return file;
  if (line.has("config")) throw new OptionsError(`Config file ${file} missing.`);
  return undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    throw new OptionsError(`Config file ${file} cannot be read: ${messageOf(thrown)}`);
  }
}

function kindOf(name: string): OptionKind {
  const kind = kindOfOption(name);
  if (kind === undefined) throw new OptionsError(`unrecognised option '${name}'`);
  return kind;
}

function convert(name: string, kind: OptionKind, values: readonly string[]): unknown {
  const last = values.at(-1) ?? "";
  if (kind === "list") return values;
  if (kind === "text") return last;
  const wrong = () => new OptionsError(`the argument ('${last}') for option '--${name}' is invalid`);
  if (kind === "number") {
    const number = /^[+-]?\d+$/.test(last) ? Number(last) : Number.NaN;
    if (!Number.isSafeInteger(number)) throw wrong();
    return number;
  }
  if (["", "1", "true", "yes", "on"].includes(last.toLowerCase())) return true;
  if (["0", "false", "no", "off"].includes(last.toLowerCase())) return false;
  throw wrong();
}

/** One source's values: all but a list may be given only once in it. */
function add(given: Given, name: string, value: string): void {
  const values = given.get(name);
  if (values === undefined) given.set(name, [value]);
  else if (kindOf(name) === "list") values.push(value);
  else throw new OptionsError(`option '--${name}' cannot be specified more than once`);
}

function parseArguments(argv: readonly string[]): Given {
  const given: Given = new Map();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    const parts = /^(?:--([a-z0-9-]+)|-([a-z]))(?:=(.*))?$/s.exec(argument);
    if (parts === null) throw new OptionsError(`unexpected argument '${argument}'`);
    const name = parts[1] ?? SHORT_OPTIONS[parts[2] as string] ?? (parts[2] as string);
    let value = parts[3];
    if (kindOf(name) === "flag") {
      if (value !== undefined) throw new OptionsError(`option '--${name}' does not take any arguments`);
    } else if (value === undefined) {
      value = argv[++i];
      if (value === undefined) throw new OptionsError(`the required argument for option '--${name}' is missing`);
    }
    add(given, name, value ?? "");
  }
  return given;
}

function parseIni(text: string): Given {
  const given: Given = new Map();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/#.*$/, "").trim();
    if (content === "") continue;
    const equals = content.indexOf("=");
    if (equals < 1) {
      throw new OptionsError(`the options configuration file contains an invalid line ${index + 1}`);
    }
    const name = content.slice(0, equals).trim();
    kindOf(name);
    add(given, name, content.slice(equals + 1).trim());
  }
  return given;
}
