/**
 * The text forms of keys and signatures: `EOS…`, `PUB_K1_…`, `5…` (WIF), `PVT_K1_…`, `SIG_K1_…`.
 *
 * nodeos prints K1 public keys in the legacy `EOS…` form and every other kind with a prefix; so do we.
 * A checksum is the first four bytes of ripemd160(data ++ kind), of ripemd160(data) in the legacy form,
 * and of sha256(sha256(data)) in WIF.
 */
import { createHash, hash } from "node:crypto";
import { Problem } from "../../kit/problem.ts";
import { decodeBase58, encodeBase58 } from "./base58.ts";

/**
 * Most bytes of a key or signature: only WebAuthn ones vary, and nodeos takes 16 KiB (`max_variable_signature_length`)
 * of them. Base58 takes time with the square of the length, so a stranger must not choose it.
 */
export const MAX_MATERIAL_BYTES = 17 * 1024;

/** In the order of nodeos's type byte. */
export const KEY_KINDS = ["K1", "R1", "WA"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** Key material with its kind. Never print `bytes` of a private one. */
export interface KeyMaterial {
  kind: KeyKind;
  bytes: Buffer;
}

/** Canonical text of a public key, so that equal keys are equal strings. */
export function formatPublicKey(key: KeyMaterial): string {
  return key.kind === "K1"
    ? `EOS${withChecksum(key.bytes, "")}`
    : `PUB_${key.kind}_${withChecksum(key.bytes, key.kind)}`;
}

/** `PUB_K1_…`, the prefixed form of a K1 key, as configuration files write it. */
export function formatPublicKeyPrefixed(key: KeyMaterial): string {
  return `PUB_${key.kind}_${withChecksum(key.bytes, key.kind)}`;
}

/** Reads either form. Throws `KEY_BAD_PUBLIC`. */
export function parsePublicKey(text: string): KeyMaterial {
  const legacy = /^EOS(.+)$/.exec(text);
  const prefixed = /^PUB_(K1|R1|WA)_(.+)$/.exec(text);
  const kind = (prefixed?.[1] ?? "K1") as KeyKind;
  const body = legacy?.[1] ?? prefixed?.[2];
  const bytes = body === undefined ? undefined : checked(body, legacy ? "" : kind);
  if (bytes === undefined || (kind === "WA" ? bytes.length < 35 : bytes.length !== 33)) {
    throw new Problem({
      code: "KEY_BAD_PUBLIC",
      message: `${beginning(text)} is not a public key`,
      expected: "EOS… or PUB_K1_… with a valid checksum",
    });
  }
  return { kind, bytes };
}

/** `SIG_K1_…` */
export function formatSignature(signature: KeyMaterial): string {
  return `SIG_${signature.kind}_${withChecksum(signature.bytes, signature.kind)}`;
}

/** Throws `KEY_BAD_SIGNATURE`. */
export function parseSignature(text: string): KeyMaterial {
  const parts = /^SIG_(K1|R1|WA)_(.+)$/.exec(text);
  const kind = (parts?.[1] ?? "K1") as KeyKind;
  const bytes = parts?.[2] === undefined ? undefined : checked(parts[2], kind);
  if (bytes === undefined || (kind === "WA" ? bytes.length < 67 : bytes.length !== 65)) {
    throw new Problem({
      code: "KEY_BAD_SIGNATURE",
      message: `${beginning(text)} is not a signature`,
      expected: "SIG_K1_… with a valid checksum",
    });
  }
  return { kind, bytes };
}

/** `PVT_K1_…` */
export function formatPrivateKey(key: KeyMaterial): string {
  return `PVT_${key.kind}_${withChecksum(key.bytes, key.kind)}`;
}

/** Reads WIF (`5…`) and `PVT_K1_…`. Throws `KEY_BAD_PRIVATE`; its message never holds the text that was given. */
export function parsePrivateKey(text: string): KeyMaterial {
  const prefixed = /^PVT_(K1|R1)_(.+)$/.exec(text);
  let bytes: Buffer | undefined;
  if (prefixed?.[2] !== undefined) {
    bytes = checked(prefixed[2], prefixed[1] as KeyKind);
  } else {
    const whole = decodeBase58(text);
    if (whole?.length === 37 && whole[0] === 0x80 && sha256Twice(whole.subarray(0, 33)).equals(whole.subarray(33))) {
      bytes = whole.subarray(1, 33);
    }
  }
  if (bytes?.length !== 32) {
    throw new Problem({
      code: "KEY_BAD_PRIVATE",
      message: `a text of ${text.length} characters is not a private key`,
      expected: "5… (WIF) or PVT_K1_… with a valid checksum",
    });
  }
  return { kind: (prefixed?.[1] ?? "K1") as KeyKind, bytes };
}

/** Enough to find the text by; no more, because people paste private keys into the wrong place. */
function beginning(text: string): string {
  return text.length <= 8 ? `\`${text}\`` : `\`${text.slice(0, 8)}…\` (${text.length} characters)`;
}

function withChecksum(bytes: Uint8Array, suffix: string): string {
  return encodeBase58(Buffer.concat([bytes, checksum(bytes, suffix)]));
}

function checked(body: string, suffix: string): Buffer | undefined {
  const whole = decodeBase58(body);
  if (whole === undefined || whole.length < 5) return undefined;
  const bytes = whole.subarray(0, -4);
  return checksum(bytes, suffix).equals(whole.subarray(-4)) ? bytes : undefined;
}

function checksum(bytes: Uint8Array, suffix: string): Buffer {
  return createHash("ripemd160").update(bytes).update(suffix).digest().subarray(0, 4);
}

function sha256Twice(bytes: Uint8Array): Buffer {
  return hash("sha256", hash("sha256", bytes, "buffer"), "buffer").subarray(0, 4);
}
