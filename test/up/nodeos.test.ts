/** `atalaya up --nodeos` with what is no nodeos, or not all of it: said clearly, and nothing is left running. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { assertNothingRuns, atalaya, scratch } from "./atalaya.ts";

const place = scratch();
const data = join(place.dir, "data");
after(() => place[Symbol.dispose]());

async function refused(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await atalaya(["up", "--data", data, "--port", "0", ...args]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^error\[TESTCHAIN_/);
  assert.match(stderr, / {2}help: /);
  assert.doesNotMatch(stdout, /brings it back/);
  await assertNothingRuns(data);
  return { stdout, stderr };
}

function file(name: string, content: string, mode = 0o644): string {
  const path = join(place.dir, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test("a nodeos that does not exist, is a directory or cannot be run is refused before anything starts", async () => {
  for (const [path, why] of [
    ["/nowhere/nodeos", "does not exist"],
    [place.dir, "is not a file"],
    [file("notes.txt", "notes"), "cannot be run"],
  ] as const) {
    const { stdout, stderr } = await refused(["--nodeos", path]);
    assert.equal(stdout, "");
    assert.ok(stderr.includes(`error[TESTCHAIN_NO_PROGRAM]: ${path} ${why}`), stderr);
  }
  const { stderr } = await refused(["--nodeos", "/bin/true", "--spring-util", "/nowhere/spring-util"]);
  assert.match(stderr, /\/nowhere\/spring-util does not exist/);
});

test("contracts that are incomplete or broken are refused before anything starts", async () => {
  const dir = join(place.dir, "contracts");
  const { stdout, stderr } = await refused(["--nodeos", "/bin/true", "--contracts", dir]);
  assert.equal(stdout, "");
  assert.match(stderr, /error\[TESTCHAIN_NO_CONTRACT\]: .*eosio\.boot\.wasm and .*eosio\.boot\.abi is missing/);
  assert.match(stderr, /expected: a folder with eosio\.boot\/, eosio\.bios\/ and eosio\.token\//);
  file("contracts/eosio.boot/eosio.boot.wasm", "no wasm");
  file("contracts/eosio.boot/eosio.boot.abi", "{}");
  assert.match((await refused(["--nodeos", "/bin/true", "--contracts", dir])).stderr, /is not WebAssembly/);
  file("contracts/eosio.boot/eosio.boot.wasm", "\0asm\x01\0\0\0");
  file("contracts/eosio.boot/eosio.boot.abi", "{ no json");
  assert.match((await refused(["--nodeos", "/bin/true", "--contracts", dir])).stderr, /eosio\.boot\.abi is not an ABI/);
});

test("a program that is not nodeos ends at once, which is said with its words", async () => {
  assert.match((await refused(["--nodeos", "/bin/true"])).stderr, /ended with code 0 and said nothing/);
  const grumbling = file("grumbling", "#!/bin/sh\necho this is no node\nexit 3\n", 0o755);
  assert.match((await refused(["--nodeos", grumbling])).stderr, /ended with code 3: this is no node/);
  assert.match((await refused(["--nodeos", "/bin/true"])).stderr, /ended with code 0 and said nothing/);
});

test("a spring-util that makes no keys is said", async () => {
  const contracts = ["eosio.boot", "eosio.bios", "eosio.token"];
  for (const name of contracts) {
    file(`whole/${name}/${name}.wasm`, "\0asm\x01\0\0\0");
    file(`whole/${name}/${name}.abi`, '{"version":"eosio::abi/1.2"}');
  }
  for (const util of ["/bin/true", "/bin/false"]) {
    const args = ["--nodeos", "/bin/true", "--contracts", join(place.dir, "whole"), "--spring-util", util];
    assert.match((await refused(args)).stderr, /TESTCHAIN_NO_BLS_KEY/);
  }
});
