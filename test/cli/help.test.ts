/** Every command explains itself, and helps whoever mistypes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { makeProgram } from "../../src/cli/program.ts";
import { atalaya } from "../up/atalaya.ts";

const commands = [...everyCommand(makeProgram("1.2.3"), [])];

function* everyCommand(command: Command, path: string[]): Generator<{ command: Command; path: string[] }> {
  yield { command, path };
  for (const child of command.commands) {
    if (child.name() !== "complete") yield* everyCommand(child, [...path, child.name()]);
  }
}

test("every command, argument and option says what it is for", () => {
  assert.ok(commands.length > 20);
  for (const { command, path } of commands) {
    assert.notEqual(command.description(), "", path.join(" "));
    for (const { flags, description } of command.options)
      assert.notEqual(description, "", `${path.join(" ")} ${flags}`);
    for (const argument of command.registeredArguments) {
      assert.notEqual(argument.description, "", `${path.join(" ")} ${argument.name()}`);
    }
  }
});

test("every command that prints data can print it as JSON, and says which", () => {
  const printsNoData = ["", "up", "fleet", "probe", "testchain", "completion"];
  const printsOnlyJson = ["fleet schema"];
  for (const { command, path } of commands) {
    const json = command.options.find(({ long }) => long === "--json");
    if ([...printsNoData, ...printsOnlyJson].includes(path.join(" "))) assert.equal(json, undefined, path.join(" "));
    else assert.match(json?.description ?? "", /JSON: \S|(as|of) JSON/, path.join(" "));
  }
});

test("help fits a terminal of 120 columns", () => {
  for (const { command, path } of commands) {
    let text = "";
    command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
    const wide = text.split("\n").filter((line) => line.length > 120);
    assert.deepEqual(wide, [], path.join(" "));
  }
});

test("help goes to stdout and ends with 0, in all the ways of asking", async () => {
  for (const args of [["--help"], ["help"], ["help", "rounds"], ["rounds", "--help"], ["testchain", "help", "kill"]]) {
    const { code, stdout, stderr } = await atalaya(args);
    assert.equal(code, 0, args.join(" "));
    assert.match(stdout, /^Usage: atalaya/, args.join(" "));
    assert.equal(stderr, "");
  }
});

test("the help lists every exit code", async () => {
  const { stdout } = await atalaya(["--help"]);
  for (const code of [0, 1, 64, 69, 70, 130]) assert.match(stdout, new RegExp(`^ {2}${code} +\\S`, "m"));
});

test("without a command, it shows the help and ends with 64", async () => {
  const { code, stdout, stderr } = await atalaya([]);
  assert.equal(code, 64);
  assert.equal(stdout, "");
  assert.match(stderr, /^Usage: atalaya/);
});

test("the version is package.json's", async () => {
  const { code, stdout } = await atalaya(["--version"]);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

const MISTAKES: readonly [args: string[], words: RegExp][] = [
  [["statsu"], /unknown command 'statsu'\n\(Did you mean status\?\)/],
  [["fleet", "chekc"], /unknown command 'chekc'\n\(Did you mean check\?\)/],
  [["testchain", "kil", "api"], /Did you mean kill\?/],
  [["status", "--jsno"], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
  [["up", "--prot", "1"], /Did you mean --port\?/],
  [["up", "--port", "99999"], /It must be a port, 0 to 65535/],
  [["rounds", "--limit", "few"], /'few' is invalid. It must be a whole number from 1 up/],
  [["rounds", "--limit"], /option '--limit <n>' argument missing/],
  [["testchain", "kill"], /missing required argument 'node'/],
  [["fleet", "check", "a", "b"], /too many arguments/],
  [["completion", "tcsh"], /Allowed choices are zsh, bash, fish, powershell/],
  [["status", "--data", ""], /It must name a directory/],
  [["up", "--fleet", "f.yaml", "--nodeos", "/bin/nodeos"], /give one of them/],
  [["up", "--contracts", "/srv/contracts"], /are for --nodeos, which is not given/],
];

for (const [args, words] of MISTAKES) {
  test(`\`atalaya ${args.join(" ")}\` is a mistake that is explained, with exit code 64`, async () => {
    const { code, stdout, stderr } = await atalaya(args);
    assert.equal(code, 64);
    assert.equal(stdout, "");
    assert.match(stderr, words);
    assert.match(stderr, /add --help/);
  });
}

test("an empty ATALAYA_DATA is not taken for the current directory", async () => {
  const { code, stderr } = await atalaya(["status"], { env: { ATALAYA_DATA: "" } });
  assert.equal(code, 64);
  assert.match(stderr, /ATALAYA_DATA.*It must name a directory/);
});

test("with --json a mistake is JSON on stdout too", async () => {
  const { code, stdout, stderr } = await atalaya(["rounds", "--json", "--limit", "few"]);
  assert.equal(code, 64);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, "CLI_NOT_UNDERSTOOD");
  assert.match(error.message, /^option '--limit <n>' argument 'few' is invalid/);
  assert.match(stderr, /'few' is invalid/);
});
