/**
 * K1 keys and canonical signatures, the kind that signs blocks and transactions.
 *
 * nodeos accepts only *canonical* signatures (top bit of r and s clear, no superfluous zero byte), about
 * every second one; the signer varies the nonce until one comes out. A private key object never prints
 * its key.
 */
import { randomBytes } from "node:crypto";
import { Problem } from "../../kit/problem.ts";
import { secp256k1 } from "./secp256k1.ts";
import {
  formatPrivateKey,
  formatPublicKey,
  formatPublicKeyPrefixed,
  formatSignature,
  parsePrivateKey,
  parseSignature,
} from "./text.ts";

/** nodeos writes 27 + 4 (compressed) + recovery id in front of r‖s, and reads 27 + recovery id as well. */
const HEADER = { least: 27, compressed: 31, most: 34 } as const;

export class PrivateKey {
  readonly #bytes: Buffer;
  /** `EOS…` */
  readonly publicKey: string;
  /** The same key as `PUB_K1_…`, the form for configuration files. */
  readonly publicKeyPrefixed: string;

  private constructor(bytes: Buffer) {
    if (!secp256k1().isPrivateKey(bytes)) {
      throw new Problem({ code: "KEY_BAD_PRIVATE", message: "the key is zero or beyond the curve's order" });
    }
    this.#bytes = Buffer.from(bytes);
    const point = { kind: "K1" as const, bytes: Buffer.from(secp256k1().publicKey(this.#bytes)) };
    this.publicKey = formatPublicKey(point);
    this.publicKeyPrefixed = formatPublicKeyPrefixed(point);
  }

  /** Reads WIF (`5…`) and `PVT_K1_…`. Throws `KEY_BAD_PRIVATE` or `KEY_WRONG_KIND`. */
  static parse(text: string): PrivateKey {
    const key = parsePrivateKey(text.trim());
    if (key.kind !== "K1") {
      throw new Problem({
        code: "KEY_WRONG_KIND",
        message: `the private key is of kind ${key.kind}`,
        expected: "a K1 key: `5…` or `PVT_K1_…`",
      });
    }
    return new PrivateKey(key.bytes);
  }

  static generate(): PrivateKey {
    for (;;) {
      const bytes = randomBytes(32);
      if (secp256k1().isPrivateKey(bytes)) return new PrivateKey(bytes);
    }
  }

  /** Signs a 32-byte digest canonically; about two tries. */
  sign(digest: Uint8Array): string {
    const curve = secp256k1();
    const extra = Buffer.alloc(32);
    for (let attempt = 1; ; attempt++) {
      extra.writeUInt32LE(attempt);
      const { signature, recovery } = curve.sign(digest, this.#bytes, extra);
      if (!isCanonical(signature)) continue;
      const bytes = Buffer.allocUnsafe(65);
      bytes[0] = HEADER.compressed + recovery;
      bytes.set(signature, 1);
      return formatSignature({ kind: "K1", bytes });
    }
  }

  /** `PVT_K1_…`: the secret itself. For key files that we write, nowhere else. */
  reveal(): string {
    return formatPrivateKey({ kind: "K1", bytes: this.#bytes });
  }

  toJSON(): string {
    return this.toString();
  }
  toString(): string {
    return `private key of ${this.publicKey}`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * The public key (`EOS…`) that made a canonical K1 signature over a digest. Throws `KEY_BAD_SIGNATURE` when there is
 * none, `KEY_WRONG_KIND` for R1 and WebAuthn.
 */
export function recoverPublicKey(digest: Uint8Array, signature: string): string {
  const { kind, bytes } = parseSignature(signature);
  if (kind !== "K1") {
    throw new Problem({
      code: "KEY_WRONG_KIND",
      message: `a ${kind} signature cannot be checked here`,
      expected: "SIG_K1_…",
    });
  }
  const header = bytes[0] as number;
  const compact = bytes.subarray(1);
  const point =
    header >= HEADER.least && header <= HEADER.most && isCanonical(compact)
      ? secp256k1().recover(digest, compact, (header - HEADER.least) & 3)
      : undefined;
  if (point === undefined) {
    throw new Problem({
      code: "KEY_BAD_SIGNATURE",
      message: `no key makes the signature ${signature.slice(0, 20)}… over this digest`,
    });
  }
  return formatPublicKey({ kind: "K1", bytes: Buffer.from(point) });
}

/**
 * Which build of libsecp256k1 signs in this process. Ask at start and say it: a missing build then fails there and
 * not at the first block, and an operator knows when signing is the slower WebAssembly.
 */
export function signingBuild(): "native" | "wasm" {
  return secp256k1().binding;
}

function isCanonical(rs: Uint8Array): boolean {
  const [r0, r1, s0, s1] = [rs[0] as number, rs[1] as number, rs[32] as number, rs[33] as number];
  return r0 < 0x80 && s0 < 0x80 && !(r0 === 0 && r1 < 0x80) && !(s0 === 0 && s1 < 0x80);
}
