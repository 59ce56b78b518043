/**
 * Who may connect: `allowed-connection`, and the proof in a handshake. The key of a handshake signs its token,
 * which is the hash of its time.
 */
import { sha256, ZERO_256 } from "../../../chain/hash.ts";
import { PrivateKey, recoverPublicKey } from "../../../chain/keys/k1.ts";
import { formatPublicKey, parsePublicKey } from "../../../chain/keys/text.ts";
import { type Handshake, NO_KEY, NO_SIGNATURE } from "../../../chain/p2p/messages.ts";
import { messageOf } from "../../../kit/problem.ts";
import { OptionsError } from "../options.ts";

export interface AuthenticationOptions {
  /** `any` (the default), `none`, `producers`, `specified`. */
  allowed: readonly string[];
  /** JSON strings, as nodeos reads them: `"EOS…"`. */
  peerKeys: readonly string[];
  /** JSON pairs: `["EOS…","5…"]`. */
  peerPrivateKeys: readonly string[];
}

/** What proves who sent a handshake. */
type Proof = Pick<Handshake, "key" | "token" | "signature">;

export class Authentication {
  private readonly open: boolean;
  private readonly closed: boolean;
  private readonly keys: ReadonlySet<string>;
  private readonly ours: PrivateKey | undefined;

  /** `producerKeys`: keys that this node can sign blocks with. Throws {@link OptionsError}. */
  constructor(options: AuthenticationOptions, producerKeys: Iterable<string>) {
    const { allowed } = options;
    this.closed = allowed.at(-1) === "none";
    this.open = allowed.length === 0 || (allowed.includes("any") && !this.closed);
    if (allowed.includes("specified") && options.peerKeys.length === 0) {
      throw new OptionsError("At least one peer-key must accompany 'allowed-connection=specified'");
    }
    const privateKeys = options.peerPrivateKeys.map(readPrivateKey);
    this.ours = privateKeys[0];
    this.keys = new Set([
      ...options.peerKeys.map(readPeerKey),
      ...privateKeys.map(({ publicKey }) => publicKey),
      ...producerKeys,
    ]);
  }

  /** Signs our own handshakes, when there is a key for it. */
  prove(timeNs: bigint): Proof {
    if (this.ours === undefined) return { key: NO_KEY, token: ZERO_256, signature: NO_SIGNATURE };
    const token = tokenOf(timeNs);
    return { key: this.ours.publicKey, token: token.toString("hex"), signature: this.ours.sign(token) };
  }

  /** Why the sender of a handshake may not stay; `undefined` when it may. */
  refusal(hello: Handshake): string | undefined {
    if (this.closed) return "no connection is allowed";
    if (this.open) return undefined;
    if (!this.keys.has(hello.key)) return `sent a handshake with an unauthorized key: ${hello.key}`;
    if (hello.token === ZERO_256 || hello.signature === NO_SIGNATURE) {
      return "sent a handshake with blank signature and token, but this node accepts only authenticated connections";
    }
    const token = tokenOf(hello.timeNs);
    if (token.toString("hex") !== hello.token) return "sent a handshake with an invalid token";
    try {
      if (recoverPublicKey(token, hello.signature) === hello.key) return undefined;
    } catch {
      return "sent a handshake with an unrecoverable key";
    }
    return "sent a handshake with an unauthenticated key";
  }
}

/** sha256 of the eight bytes of a handshake's time. */
export function tokenOf(timeNs: bigint): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigInt64LE(timeNs);
  return sha256(time);
}

function readPeerKey(text: string): string {
  try {
    return formatPublicKey(parsePublicKey(JSON.parse(text) as string));
  } catch (thrown) {
    throw new OptionsError(`peer-key ${text.slice(0, 70)} is not a public key in quotes: ${messageOf(thrown)}`);
  }
}

function readPrivateKey(text: string): PrivateKey {
  let pair: unknown;
  try {
    pair = JSON.parse(text);
  } catch {
    // the parser's message would quote the text, and with it a private key
  }
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new OptionsError('peer-private-key is not a pair like ["EOS…","5…"]');
  }
  try {
    return PrivateKey.parse(String(pair[1]));
  } catch (thrown) {
    throw new OptionsError(`peer-private-key: ${messageOf(thrown)}`);
  }
}
