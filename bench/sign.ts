/** What a canonical K1 signature costs: our signer, beside the same library as WebAssembly and a pure JavaScript one. */
import { randomBytes } from "node:crypto";
import { Checksum256, PrivateKey as WharfKey } from "@wharfkit/antelope";
import { PrivateKey, recoverPublicKey, signingBuild } from "../src/chain/keys/k1.ts";
import { loadNative, loadWasm, type Secp256k1 } from "../src/chain/keys/secp256k1.ts";
import { atMost, comparison, type Figure, quantile } from "./figures.ts";

const GOAL_MS = 0.25;

export async function sign(quick: boolean, say: (text: string) => void): Promise<Figure[]> {
  const rounds = quick ? 2_000 : 20_000;
  const key = PrivateKey.generate();
  say(`${rounds} signatures of each kind, ${signingBuild()} build in use`);
  const ours = measure(rounds, (digest) => key.sign(digest));
  const signature = key.sign(randomBytes(32));
  const fixed = randomBytes(32);
  const own = key.sign(fixed);
  const recover = measure(rounds, () => recoverPublicKey(fixed, own));
  const secret = randomBytes(32);
  const native = measure(rounds, (digest) => loadedSign(loadNative(), digest, secret));
  const wasm = measure(rounds / 4, (digest) => loadedSign(loadWasm(), digest, secret));
  const wharf = WharfKey.generate("K1");
  const script = measure(rounds / 10, (digest) => wharf.signDigest(Checksum256.from(digest)).toString());
  if (!signature.startsWith("SIG_K1_")) throw new Error("that was no signature");
  return [
    atMost("CPU of a canonical signature", ours.cpuMs, GOAL_MS, "ms"),
    atMost("time of a canonical signature, median", ours.medianMs, GOAL_MS, "ms"),
    comparison("time of a canonical signature, p99", ours.p99Ms, "ms"),
    comparison("CPU of recovering a key", recover.cpuMs, "ms"),
    comparison("CPU of one native signature, canonical or not", native.cpuMs, "ms"),
    comparison("CPU of one WebAssembly signature", wasm.cpuMs, "ms", "our fallback, tiny-secp256k1"),
    comparison("CPU of a canonical signature in JavaScript", script.cpuMs, "ms", "@wharfkit/antelope"),
    comparison("times as much CPU in JavaScript", script.cpuMs / ours.cpuMs, "×", "@wharfkit/antelope"),
  ];
}

function loadedSign(curve: Secp256k1, digest: Uint8Array, secret: Uint8Array): unknown {
  return curve.sign(digest, secret, Buffer.alloc(32));
}

function measure(
  count: number,
  run: (digest: Uint8Array) => unknown,
): { cpuMs: number; medianMs: number; p99Ms: number } {
  const digests = Array.from({ length: count }, () => randomBytes(32));
  // the first calls load and compile
  for (const digest of digests.slice(0, 100)) run(digest);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (const digest of digests) {
    const started = performance.now();
    run(digest);
    times.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000 / count, medianMs: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}
