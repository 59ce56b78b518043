import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Problem } from "../kit/problem.ts";
import { isSecretReference, readSecretFile, resolveSecret, type SecretReference } from "./secret.ts";

const folder = mkdtempSync(join(tmpdir(), "atalaya-secret-"));
after(() => rmSync(folder, { recursive: true }));

const sources = { env: { TOKEN: "from the environment", EMPTY: "" }, readFile: readSecretFile };

function secretFile(name: string, content: string, mode: number): SecretReference {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return `file:${path}` as SecretReference;
}

async function problemOf(reference: SecretReference): Promise<Problem> {
  try {
    await resolveSecret(reference, sources);
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  return assert.fail(`${reference} was resolved`);
}

test("a reference names a variable or an absolute path", () => {
  for (const good of ["env:TOKEN", "env:_x1", "file:/etc/atalaya/key"]) assert.ok(isSecretReference(good), good);
  for (const bad of ["TOKEN", "env:", "env:1X", "env:A B", "file:key", "file:", "file:/a\nb", "env:TOKEN\n"]) {
    assert.ok(!isSecretReference(bad), bad);
  }
});

test("a secret comes from the environment, or from a file without its line end", async () => {
  assert.equal(await resolveSecret("env:TOKEN", sources), "from the environment");
  assert.equal(await resolveSecret(secretFile("good", "from a file\n", 0o600), sources), "from a file");
  assert.equal(await resolveSecret(secretFile("group", "for a group\n", 0o640), sources), "for a group");
});

test("a missing or empty secret is named, and where to put it", async () => {
  for (const reference of ["env:ABSENT", "env:toString", "env:EMPTY"] as const) {
    assert.equal((await problemOf(reference)).code, "FLEET_SECRET_MISSING");
  }
  assert.equal((await problemOf("env:ABSENT")).message, "the environment has no variable `ABSENT`");
  assert.equal((await problemOf(secretFile("empty", "\n", 0o600))).code, "FLEET_SECRET_MISSING");
});

test("a file that is not there, or no file, says so", async () => {
  const absent = await problemOf(`file:${folder}/absent` as SecretReference);
  assert.equal(absent.code, "FLEET_SECRET_UNREADABLE");
  assert.match(absent.message, /there is no such file$/);
  assert.match((await problemOf(`file:${folder}` as SecretReference)).message, /not a regular file$/);
});

test("a file that others may read is refused, and its content stays unsaid", async () => {
  for (const mode of [0o644, 0o604, 0o620]) {
    const problem = await problemOf(secretFile("open", "correct horse", mode));
    assert.equal(problem.code, "FLEET_SECRET_OPEN");
    assert.doesNotMatch(JSON.stringify(problem), /correct/);
  }
});
