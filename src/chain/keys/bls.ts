/**
 * The text form of BLS keys and signatures (Savanna finalizers): prefix, then base64url of the bytes and
 * the first four bytes of their ripemd160. Only the text: no BLS arithmetic happens here.
 */
import { createHash } from "node:crypto";
import { Problem } from "../../kit/problem.ts";

const BYTES = { PUB_BLS_: 96, PVT_BLS_: 32, SIG_BLS_: 192 } as const;
export type BlsPrefix = keyof typeof BYTES;

export function formatBls(prefix: BlsPrefix, bytes: Uint8Array): string {
  return prefix + Buffer.concat([bytes, checksum(bytes)]).toString("base64url");
}

/** Throws `KEY_BAD_BLS`; the message never holds the text. */
export function parseBls(prefix: BlsPrefix, text: string): Buffer {
  const whole = text.startsWith(prefix) ? Buffer.from(text.slice(prefix.length), "base64url") : Buffer.alloc(0);
  const bytes = whole.subarray(0, BYTES[prefix]);
  // Written again it must be the same text: Buffer skips over characters that are not base64url.
  if (whole.length !== BYTES[prefix] + 4 || formatBls(prefix, bytes) !== text) {
    throw new Problem({
      code: "KEY_BAD_BLS",
      message: `a text of ${text.length} characters is not a BLS key or signature`,
      expected: `${prefix}… with a valid checksum`,
    });
  }
  return bytes;
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash("ripemd160").update(bytes).digest().subarray(0, 4);
}
