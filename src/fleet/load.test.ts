import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type FleetProblem, FleetProblems } from "./fleet-problem.ts";
import { loadFleet, parseFleet } from "./load.ts";

const PAIR = readFileSync(join(import.meta.dirname, "../../examples/pair/fleet.yaml"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "atalaya-fleet-"));
after(() => rmSync(folder, { recursive: true }));

async function problemOf(path: string): Promise<FleetProblem> {
  try {
    await loadFleet(path);
  } catch (error) {
    assert.ok(error instanceof FleetProblems, `${error}`);
    assert.equal(error.problems.length, 1);
    return error.problems[0] ?? assert.fail();
  }
  return assert.fail(`${path} was loaded`);
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("a fleet is a frozen value, completed from its other parts", async () => {
  const fleet = await loadFleet(
    write(
      "good.yaml",
      `${PAIR}\nhostnames:\n  - name: a.producer.example\n    serves: [bp-c, role:relay]\n`.replace(
        "pairs:",
        "  - { name: bp-c, role: relay, host: host-a, chain: jungle }\n\npairs:",
      ),
    ),
  );
  assert.equal(fleet.pairs[0]?.account, "examplebp123");
  assert.deepEqual(fleet.hostnames[0]?.serves, ["bp-c"]);
  assert.deepEqual(fleet.people, []);
  assert.ok([fleet, fleet.nodes, fleet.nodes[0], fleet.pairs[0], fleet.hostnames[0]?.serves].every(Object.isFrozen));
});

test("a byte order mark is no mistake", () => {
  assert.equal(parseFleet(Buffer.concat([Buffer.from("\ufeff"), Buffer.from(PAIR)])).nodes.length, 2);
});

test("a missing file is told, with the one that was probably meant", async () => {
  write("fleet.yaml", PAIR);
  const mistyped = await problemOf(join(folder, "flet.yaml"));
  assert.equal(mistyped.code, "FLEET_NOT_FOUND");
  assert.equal(mistyped.help, `did you mean \`${folder}/fleet.yaml\`?`);
  const elsewhere = await problemOf("/nowhere/at/all.yaml");
  assert.equal(elsewhere.help, "write one, or copy `examples/pair/fleet.yaml`");
});

test("what is not a file is told", async () => {
  mkdirSync(join(folder, "directory"));
  const directory = await problemOf(join(folder, "directory"));
  assert.equal(directory.code, "FLEET_UNREADABLE");
  assert.match(directory.message, /is a directory$/);
  assert.match((await problemOf("/dev/null")).message, /is a device or a pipe$/);
  assert.equal((await problemOf(join(folder, "fleet.yaml", "x"))).code, "FLEET_NOT_FOUND");
});

test("a file that may not be read is told", async () => {
  const path = write("locked.yaml", PAIR);
  chmodSync(path, 0o000);
  chmodSync(folder, 0o755);
  // As root every file can be read, so become nobody for a moment.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    const problem = await problemOf(path);
    assert.equal(problem.code, "FLEET_UNREADABLE");
    assert.match(problem.message, /permission denied$/);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test("a file of more than a mebibyte is refused without being read", async () => {
  const path = write("huge.yaml", "");
  truncateSync(path, 2 ** 40);
  assert.equal((await problemOf(path)).code, "FLEET_TOO_LARGE");
  truncateSync(path, 0);
});

test("what is not UTF-8 text is told with its place", async () => {
  const latin1 = await problemOf(write("latin1.yaml", Buffer.from("organisation:\n  name: San José\n", "latin1")));
  assert.equal(latin1.code, "FLEET_NOT_TEXT");
  assert.match(latin1.where ?? "", /:2:16$/);
  const utf16 = await problemOf(write("utf16.yaml", Buffer.from(`\ufeff${PAIR}`, "utf16le")));
  assert.equal(utf16.help, "save it as UTF-8");
  const binary = await problemOf(write("binary.yaml", Buffer.from([0x61, 0x3a, 0x20, 0, 1, 2])));
  assert.match(binary.where ?? "", /:1:4$/);
});

test("an empty file, and one of comments only, declare nothing", async () => {
  for (const text of ["", "\n\n", "# soon\n", "---\n", "~"]) {
    assert.equal((await problemOf(write("empty.yaml", text))).code, "FLEET_EMPTY", text);
  }
});

test("all problems come at once, in the order of the file, as data too", () => {
  const broken = PAIR.replace("country: CR", "country: Cr")
    .replace("host: host-b", "hots: host-b")
    .replace("secondary: bp-b", "secondary: bp-x");
  assert.throws(
    () => parseFleet(broken, "my.yaml"),
    (error) => {
      assert.ok(error instanceof FleetProblems);
      const codes = error.problems.map(({ code }) => code);
      assert.deepEqual(codes, ["FLEET_BAD_VALUE", "FLEET_UNKNOWN_KEY", "FLEET_UNKNOWN_NAME"]);
      assert.equal(error.message, `${codes.length} problems in my.yaml`);
      const json = JSON.parse(JSON.stringify(error));
      assert.equal(json.problems.length, codes.length);
      assert.equal(typeof json.problems[0].line, "number");
      return true;
    },
  );
});
