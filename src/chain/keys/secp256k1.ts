/**
 * The one place where secp256k1 is computed: libsecp256k1 as a prebuilt native add-on, or the same
 * library compiled to WebAssembly where the add-on has no build. Never pure JavaScript: a block must be
 * signed within milliseconds, and the npm package `secp256k1` falls back to a slow one without a word,
 * which is why its binding is loaded by name here.
 *
 * Import from keys/ only.
 */
import { createRequire } from "node:module";
import { Problem } from "../../kit/problem.ts";

/** Signatures are 64 bytes r‖s with low s; `recovery` is 0..3; points are 33 bytes compressed. */
export interface Secp256k1 {
  readonly binding: "native" | "wasm";
  isPrivateKey(key: Uint8Array): boolean;
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** ECDSA over a 32-byte digest; `extra` (32 bytes) varies the RFC 6979 nonce. */
  sign(digest: Uint8Array, privateKey: Uint8Array, extra: Uint8Array): { signature: Uint8Array; recovery: number };
  /** The public key that made the signature, or `undefined` when there is none. */
  recover(digest: Uint8Array, signature: Uint8Array, recovery: number): Uint8Array | undefined;
}

/** Loads the native binding. Throws when this machine has no build of it. */
export function loadNative(): Secp256k1 {
  // CommonJS add-on; the package's index would silently choose elliptic.
  const native = createRequire(import.meta.url)("secp256k1/bindings.js") as typeof import("secp256k1");
  return {
    binding: "native",
    isPrivateKey: (key) => key.length === 32 && native.privateKeyVerify(key),
    publicKey: (key) => native.publicKeyCreate(key, true),
    sign: (digest, key, extra) => {
      const { signature, recid } = native.ecdsaSign(digest, key, { data: extra });
      return { signature, recovery: recid };
    },
    recover: (digest, signature, recovery) => {
      try {
        return native.ecdsaRecover(signature, recovery, digest, true);
      } catch {
        return undefined;
      }
    },
  };
}

/** Loads the WebAssembly build. */
export function loadWasm(): Secp256k1 {
  const wasm = createRequire(import.meta.url)("tiny-secp256k1") as typeof import("tiny-secp256k1");
  return {
    binding: "wasm",
    isPrivateKey: (key) => key.length === 32 && wasm.isPrivate(key),
    publicKey: (key) => wasm.pointFromScalar(key, true) as Uint8Array,
    sign: (digest, key, extra) => {
      const { signature, recoveryId } = wasm.signRecoverable(digest, key, extra);
      return { signature, recovery: recoveryId };
    },
    recover: (digest, signature, recovery) => {
      try {
        return wasm.recover(digest, signature, recovery as 0 | 1 | 2 | 3, true) ?? undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** The generator point: public key of the private key 1. */
const GENERATOR = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/** The binding, once it has signed and recovered as it should: a build that loads can still be the wrong one. */
function proven(curve: Secp256k1): Secp256k1 {
  const key = Buffer.alloc(32);
  key[31] = 1;
  const digest = Buffer.alloc(32, 7);
  const { signature, recovery } = curve.sign(digest, key, Buffer.alloc(32));
  const recovered = curve.recover(digest, signature, recovery);
  if (Buffer.from(recovered ?? []).toString("hex") !== GENERATOR) {
    throw new Error(`the ${curve.binding} build of libsecp256k1 computes wrongly`);
  }
  return curve;
}

let loaded: Secp256k1 | undefined;

/** The binding in use: native where it loads, else WebAssembly. Throws `KEY_NO_SECP256K1` when neither does. */
export function secp256k1(): Secp256k1 {
  if (loaded !== undefined) return loaded;
  try {
    loaded = proven(loadNative());
  } catch (nativeFailure) {
    try {
      loaded = proven(loadWasm());
    } catch (cause) {
      throw new Problem({
        code: "KEY_NO_SECP256K1",
        message: "neither the native nor the WebAssembly build of libsecp256k1 loads",
        help: "run `npm ci` again in the project's folder",
        cause: new AggregateError([nativeFailure, cause]),
      });
    }
  }
  return loaded;
}
