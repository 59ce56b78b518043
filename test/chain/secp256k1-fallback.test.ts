/** Which build of libsecp256k1 a process signs with: each case is a process of its own, as loading happens once. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { PrivateKey, recoverPublicKey } from "../../src/chain/keys/k1.ts";

const KEY = PrivateKey.parse("5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3");
const DIGEST = Buffer.alloc(32, 7);

/** Signs in the child, and tells the build, the signature and whether anything of `elliptic` was loaded. */
const SIGN = `
import { createRequire } from "node:module";
import { PrivateKey, signingBuild } from ${JSON.stringify(new URL("../../src/chain/keys/k1.ts", import.meta.url).href)};
try {
  const build = signingBuild();
  const signature = PrivateKey.parse(process.env.KEY).sign(Buffer.alloc(32, 7));
  const loaded = Object.keys(createRequire(import.meta.url)("node:module")._cache);
  console.log(JSON.stringify({ build, signature, loaded: loaded.filter((path) => path.includes("node_modules")) }));
} catch (thrown) {
  console.log(JSON.stringify(thrown));
}`;

/** No prebuilt add-on fits this architecture, as on one that the package has no build for. */
const WITHOUT_NATIVE = { PREBUILDS_ONLY: "1", npm_config_arch: "no-such-architecture" };
const WITHOUT_WASM = `--import=data:text/javascript,${encodeURIComponent(`
import { registerHooks } from "node:module";
registerHooks({ resolve(specifier, context, next) {
  if (specifier === "tiny-secp256k1") throw new Error("not installed");
  return next(specifier, context);
} });`)}`;

interface Signed {
  build: string;
  signature: string;
  loaded: string[];
}

function inChild(env: Record<string, string>, ...options: string[]): unknown {
  const output = execFileSync(process.execPath, [...options, "--input-type=module", "--eval", SIGN], {
    env: { ...process.env, KEY: KEY.reveal(), ...env },
    encoding: "utf8",
    timeout: 30_000,
  });
  return JSON.parse(output);
}

const hasNative = process.platform === "linux" && process.arch === "x64";

test("the native build signs where there is one, and no JavaScript stands in for it", { skip: !hasNative }, () => {
  const { build, signature, loaded } = inChild({}) as Signed;
  assert.equal(build, "native");
  assert.equal(signature, KEY.sign(DIGEST));
  assert.deepEqual(
    loaded.filter((path) => /elliptic|bn\.js|tiny-secp256k1/.test(path)),
    [],
  );
  assert.ok(loaded.some((path) => path.endsWith(".node")));
});

test("where the native build does not load WebAssembly signs, the same signatures, and never JavaScript", () => {
  const { build, signature, loaded } = inChild(WITHOUT_NATIVE) as Signed;
  assert.equal(build, "wasm");
  assert.equal(signature, KEY.sign(DIGEST));
  assert.equal(recoverPublicKey(DIGEST, signature), KEY.publicKey);
  assert.deepEqual(
    loaded.filter((path) => /elliptic|bn\.js|\.node$/.test(path)),
    [],
  );
  assert.ok(loaded.some((path) => path.includes("tiny-secp256k1")));
});

test("where neither loads it fails at start with what to do, not at the first block with a slow signature", () => {
  const problem = inChild(WITHOUT_NATIVE, WITHOUT_WASM) as { code: string; message: string; help: string };
  assert.equal(problem.code, "KEY_NO_SECP256K1");
  assert.match(problem.help, /npm ci/);
});
