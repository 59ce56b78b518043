/** What the documents say can be followed: links lead somewhere, commands are understood, whole fleets load. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { type Command, CommanderError } from "commander";
import { makeProgram } from "../src/cli/program.ts";
import { parseFleet } from "../src/fleet/load.ts";
import { anchorsIn, blocksIn, commandsIn, linksIn } from "./markdown.ts";

const ROOT = join(import.meta.dirname, "..");
const FILES = ["*.md", "docs/**/*.md", "test/**/*.md", "examples/**/*.md"].flatMap((pattern) =>
  globSync(pattern, { cwd: ROOT }),
);
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>> & { license: string };

/** What is wrong with a link of a file; `undefined` when it leads somewhere. Other sites are not asked. */
function linkFault(file: string, target: string): string | undefined {
  if (/^(https?|mailto):/.test(target)) return undefined;
  const [path = "", anchor] = target.split("#");
  const to = path === "" ? file : relative(ROOT, join(ROOT, dirname(file), path));
  if (!existsSync(join(ROOT, to))) return `there is no ${to}`;
  if (anchor === undefined || !to.endsWith(".md")) return undefined;
  return anchorsIn(read(to)).includes(anchor) ? undefined : `${to} has no heading #${anchor}`;
}

/** What is wrong with a command; `undefined` when it would be understood. Nothing is run. */
async function commandFault([command = "", ...args]: readonly string[]): Promise<string | undefined> {
  if (command === "npm") return npmFault(args);
  if (["atalaya", "bin/atalaya"].includes(command)) return atalayaFault(args);
  if (command.includes("/") && !/^[/~.]/.test(command)) {
    return existsSync(join(ROOT, command)) ? undefined : `there is no ${command}`;
  }
  return undefined;
}

function npmFault([verb = "", name = ""]: readonly string[]): string | undefined {
  if (["start", "test"].includes(verb)) return undefined;
  if (verb !== "run") return ["ci", "install"].includes(verb) ? undefined : `npm ${verb} is none of ours`;
  return Object.hasOwn(manifest.scripts ?? {}, name) ? undefined : `package.json has no script ${name}`;
}

async function atalayaFault(args: readonly string[]): Promise<string | undefined> {
  const program = makeProgram("");
  silence(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return undefined;
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** Commands are read and not done. */
function silence(command: Command): void {
  command.configureOutput({ writeOut() {}, writeErr() {} });
  if (command.commands.length === 0) command.action(() => {});
  for (const child of command.commands) silence(child);
}

test("the documents that everybody looks for are there", () => {
  for (const file of ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/architecture.md"]) {
    assert.ok(FILES.includes(file), `there is no ${file}`);
  }
});

test("every relative link leads to a file, and to a heading of it", () => {
  const faults = FILES.flatMap((file) =>
    linksIn(read(file)).flatMap(({ target, line }) => {
      const fault = linkFault(file, target);
      return fault === undefined ? [] : [`${file}:${line} ${target}: ${fault}`];
    }),
  );
  assert.deepEqual(faults, []);
});

test("every command in a shell block would be understood", async () => {
  const faults: string[] = [];
  let commands = 0;
  for (const file of FILES) {
    for (const block of blocksIn(read(file)).filter(({ info }) => info === "sh")) {
      for (const { words, line } of commandsIn(block)) {
        commands += 1;
        const fault = await commandFault(words);
        if (fault !== undefined) faults.push(`${file}:${line} ${words.join(" ")}: ${fault}`);
      }
    }
  }
  assert.deepEqual(faults, []);
  assert.ok(commands > 40, `only ${commands} commands were found`);
});

test("every fleet that is marked as whole (```yaml fleet) loads", () => {
  const fleets = FILES.flatMap((file) => blocksIn(read(file)).map((block) => ({ file, ...block }))).filter(
    ({ info }) => info === "yaml fleet",
  );
  assert.ok(fleets.length > 0, "no block is marked");
  for (const { file, line, text } of fleets) assert.doesNotThrow(() => parseFleet(text, `${file}:${line}`));
});

test("what is wrong with a link or a command is found", async () => {
  assert.equal(linkFault("docs/fleet.md", "nowhere.md"), "there is no docs/nowhere.md");
  assert.equal(linkFault("docs/fleet.md", "#every-kei"), "docs/fleet.md has no heading #every-kei");
  assert.equal(linkFault("docs/fleet.md", "../examples/pair/fleet.yaml"), undefined);
  assert.match((await commandFault(["atalaya", "statos"])) ?? "", /unknown command 'statos'/);
  assert.match((await commandFault(["bin/atalaya", "rounds", "--limits", "3"])) ?? "", /unknown option '--limits'/);
  assert.match((await commandFault(["atalaya", "testchain", "kill"])) ?? "", /missing required argument/);
  assert.match((await commandFault(["npm", "run", "nonsense"])) ?? "", /no script nonsense/);
  assert.match((await commandFault(["bin/nothing"])) ?? "", /there is no bin\/nothing/);
  assert.equal(await commandFault(["atalaya", "fleet", "check", "--help"]), undefined);
});

test("links and commands are found where they stand, and not in code", () => {
  const markdown = [
    "see [a](b.md) and `[c](d.md)`",
    "```sh",
    'X=1 one "two" > f  # [e](f.md)',
    "a && b | c",
    "```",
  ].join("\n");
  assert.deepEqual(linksIn(markdown), [{ target: "b.md", line: 1 }]);
  const [block = { info: "", text: "", line: 0 }] = blocksIn(markdown);
  assert.deepEqual(
    commandsIn(block).map(({ words, line }) => [line, ...words]),
    [
      [3, "one", "two"],
      [4, "a"],
      [4, "b"],
      [4, "c"],
    ],
  );
});

test("the license is the one that package.json names", () => {
  assert.equal(manifest.license, "Apache-2.0");
  assert.match(read("LICENSE"), /Apache License\s+Version 2\.0, January 2004/);
});

test("every decision is in the list of decisions", () => {
  const listed = linksIn(read("docs/decisions/README.md")).map(({ target }) => target);
  const notes = globSync("[0-9]*.md", { cwd: join(ROOT, "docs/decisions") });
  assert.ok(notes.length > 0);
  for (const note of notes) assert.ok(listed.includes(note), `docs/decisions/README.md does not list ${note}`);
});

test("every dependency has its reason in docs/decisions/0015-dependencies.md, and no other is there", () => {
  const table = read("docs/decisions/0015-dependencies.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const reasons = table.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  );
  const kinds = ["dependencies", "devDependencies", "optionalDependencies"];
  const names = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
  const covers = (reason: string, name: string): boolean =>
    reason.endsWith("*") ? name.startsWith(reason.slice(0, -1)) : name === reason;
  assert.deepEqual(
    names.filter((name) => !reasons.some((reason) => covers(reason, name))),
    [],
    "dependencies without a reason",
  );
  assert.deepEqual(
    reasons.filter((reason) => !names.some((name) => covers(reason, name))),
    [],
    "reasons without a dependency",
  );
});
