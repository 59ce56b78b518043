/** SHA-256, the hash of ids, digests and merkle trees. */
import { hash } from "node:crypto";

export function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}

/** Of two digests one behind the other. */
export function sha256Pair(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([left, right]));
}

export const ZERO_256 = "0".repeat(64);
