/** Throw-away keys for a test network: one K1 key an account, one BLS key a node that votes. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { formatBls } from "../../chain/keys/bls.ts";
import { PrivateKey } from "../../chain/keys/k1.ts";
import { Problem } from "../../kit/problem.ts";
import { finalizerKeyOf } from "../node/consensus/votes.ts";

/** Text forms; the private parts are worthless outside of their test network. */
export interface KeyPair {
  publicKey: string;
  privateKey: string;
}

export interface FinalizerKey extends KeyPair {
  /** Proof of possession, which a real chain checks. */
  proof: string;
}

export function makeKey(): KeyPair {
  const key = PrivateKey.generate();
  return { publicKey: key.publicKeyPrefixed, privateKey: key.reveal() };
}

/** A stand-in key for the test chain, or a real one made by `spring-util` for real nodes. */
export function makeFinalizerKey(springUtil?: string): FinalizerKey {
  if (springUtil !== undefined) return realFinalizerKey(springUtil);
  const secret = randomBytes(32);
  return {
    privateKey: formatBls("PVT_BLS_", secret),
    publicKey: formatBls("PUB_BLS_", Buffer.from(finalizerKeyOf(secret), "hex")),
    proof: formatBls("SIG_BLS_", randomBytes(192)),
  };
}

function realFinalizerKey(springUtil: string): FinalizerKey {
  const { stdout } = spawnSync(springUtil, ["bls", "create", "key", "--to-console"], { encoding: "utf8" });
  // plain base64 in some releases, the one for URLs in others
  const find = (prefix: string) => new RegExp(`${prefix}\\S+`).exec(stdout ?? "")?.[0];
  const [privateKey, publicKey, proof] = [find("PVT_BLS_"), find("PUB_BLS_"), find("SIG_BLS_")];
  if (privateKey === undefined || publicKey === undefined || proof === undefined) {
    throw new Problem({
      code: "TESTCHAIN_NO_BLS_KEY",
      message: `\`${springUtil} bls create key --to-console\` did not print a key, its public key and its proof`,
      help: "check that SPRING_UTIL points to the spring-util of your nodeos",
    });
  }
  return { privateKey, publicKey, proof };
}
