/**
 * `signature-provider = <public key>=KEY:<private key> | KEOSD:<url>`: who signs for which key. BLS keys
 * (finalizers) are `KEY:` only.
 */
import type { SigningAuthority } from "../../../chain/block/schedule.ts";
import { parseBls } from "../../../chain/keys/bls.ts";
import { PrivateKey } from "../../../chain/keys/k1.ts";
import { formatPublicKey, parsePublicKey } from "../../../chain/keys/text.ts";
import { messageOf } from "../../../kit/problem.ts";
import { failure } from "../failure.ts";
import { OptionsError } from "../options.ts";
import { KeosdClient } from "./keosd-client.ts";

/** `digest` is 32 bytes; the answer `SIG_K1_…`. */
export type Sign = (digest: Buffer) => Promise<string>;

export interface SignatureProviders {
  /** By public key in `EOS…` form. */
  blocks: ReadonlyMap<string, Sign>;
  /** Public keys of finalizers, 96 bytes, hex. */
  finalizers: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 5;

/**
 * The signatures of a block: one of every provider whose key is in the authority, asked one after the other as
 * nodeos does. One that fails fails them all, whatever the threshold.
 */
export async function signaturesOver(
  { blocks }: SignatureProviders,
  authority: SigningAuthority,
  digest: Buffer,
): Promise<string[]> {
  const signers = authority.keys.flatMap(({ key }) => blocks.get(key) ?? []);
  if (signers.length === 0) {
    const at = "producer_plugin.cpp:produce_block";
    throw failure(
      "producer_priv_key_not_found",
      "Attempting to produce a block for which we don't have any relevant private keys",
      at,
    );
  }
  const signatures: string[] = [];
  for (const sign of signers) signatures.push(await sign(digest));
  return signatures;
}

/** Throws {@link OptionsError} for a provider that nodeos would refuse at start. */
export function readProviders(specs: readonly string[], timeoutMs: number = DEFAULT_TIMEOUT_MS): SignatureProviders {
  const blocks = new Map<string, Sign>();
  const finalizers: string[] = [];
  for (const spec of specs) {
    const parts = /^([^=]+)=([A-Z]+):(.+)$/.exec(spec);
    // never the text itself: half of it is often a private key
    if (parts === null) {
      throw new OptionsError(`signature-provider of ${spec.length} characters is not <public-key>=<type>:<data>`);
    }
    const [, publicKey = "", type = "", data = ""] = parts;
    try {
      if (publicKey.startsWith("PUB_BLS_")) {
        if (type !== "KEY") throw new Error("BLS keys are KEY: only");
        parseBls("PVT_BLS_", data);
        finalizers.push(parseBls("PUB_BLS_", publicKey).toString("hex"));
      } else {
        const key = formatPublicKey(parsePublicKey(publicKey));
        blocks.set(key, provider(key, type, data, timeoutMs));
      }
    } catch (thrown) {
      throw new OptionsError(`signature-provider for ${publicKey}: ${messageOf(thrown)}`);
    }
  }
  return { blocks, finalizers };
}

function provider(publicKey: string, type: string, data: string, timeoutMs: number): Sign {
  if (type === "KEOSD") {
    const client = new KeosdClient(data, timeoutMs);
    return (digest) => client.sign(digest, publicKey);
  }
  if (type !== "KEY") throw new Error("Unsupported key provider type");
  const key = PrivateKey.parse(data);
  if (key.publicKey !== publicKey) throw new Error("Private key does not match given public key");
  return async (digest) => key.sign(digest);
}
