/**
 * Finalizers' votes on blocks and the certificates they add up to.
 *
 * The BLS signatures of the test chain are a stand-in: 192 bytes derived by hashing from the public key and
 * the vote. They have the right size and place and a garbled one is noticed, but anyone can make them:
 * nothing outside of nodeos checks BLS, and pairings would cost more than all the rest of the chain.
 */
import type { Bitset, FinalizerPolicy, PolicyVotes, QuorumCertificate } from "../../../chain/block/finality.ts";
import { sha256 } from "../../../chain/hash.ts";

/** 192 bytes that stand for a BLS signature, hex. */
export function voteSignature(finalizerKey: string, blockId: string, strong: boolean): string {
  return expand(`vote ${finalizerKey} ${blockId} ${strong}`, 192);
}

/** The 96-byte public key that stands for a private one, hex. */
export function finalizerKeyOf(privateKey: Buffer): string {
  return expand(`finalizer ${privateKey.toString("hex")}`, 96);
}

function expand(seed: string, bytes: number): string {
  let hex = "";
  for (let i = 0; hex.length < bytes * 2; i++) hex += sha256(Buffer.from(`${i} ${seed}`)).toString("hex");
  return hex.slice(0, bytes * 2);
}

export type VoteResult = "success" | "duplicate" | "unknown_public_key" | "invalid_signature";

/** The votes on one block under the policies that are active and pending for it. */
export class VoteTally {
  private readonly policies: FinalizerPolicy[];
  private readonly votes = new Map<string, boolean>();
  private received: QuorumCertificate | undefined;

  constructor(active: FinalizerPolicy, pending: FinalizerPolicy | undefined) {
    this.policies = pending === undefined ? [active] : [active, pending];
  }

  /** Takes a vote whose signature is right. `strong` ones count for finality, weak ones only for the claim. */
  add(finalizerKey: string, blockId: string, strong: boolean, signature: string): VoteResult {
    if (!this.policies.some((policy) => policy.finalizers.some(({ publicKey }) => publicKey === finalizerKey))) {
      return "unknown_public_key";
    }
    if (signature !== voteSignature(finalizerKey, blockId, strong)) return "invalid_signature";
    if (this.votes.has(finalizerKey)) return "duplicate";
    this.votes.set(finalizerKey, strong);
    return "success";
  }

  /** A certificate for this block that came inside a later one. */
  receive(certificate: QuorumCertificate): void {
    if (this.received === undefined || isStrong(certificate)) this.received = certificate;
  }

  /** The best certificate known for this block, `undefined` without a quorum in every policy. */
  certificate(blockNum: number): QuorumCertificate | undefined {
    const [active, pending] = this.policies.map((policy) => this.votesUnder(policy));
    const own =
      active === undefined || (this.policies.length > 1 && pending === undefined)
        ? undefined
        : { blockNum, active, pending };
    if (own !== undefined && isStrong(own)) return own;
    return this.received ?? own;
  }

  private votesUnder(policy: FinalizerPolicy): PolicyVotes | undefined {
    const bits = (want: boolean) => policy.finalizers.map(({ publicKey }) => this.votes.get(publicKey) === want);
    const [strong, weak] = [bits(true), bits(false)];
    const weight = (set: boolean[]) =>
      policy.finalizers.reduce((sum, { weight: w }, i) => (set[i] ? sum + w : sum), 0n);
    const signature = expand(`certificate ${strong} ${weak}`, 192);
    const bitset = (set: boolean[]): Bitset => ({ size: set.length, bits: set });
    if (weight(strong) >= policy.threshold) return { strong: bitset(strong), signature };
    if (weight(strong) + weight(weak) >= policy.threshold)
      return { strong: bitset(strong), weak: bitset(weak), signature };
    return undefined;
  }
}

/** Strong: no weak vote was needed. */
export function isStrong(certificate: QuorumCertificate): boolean {
  return certificate.active.weak === undefined && certificate.pending?.weak === undefined;
}

/** True when the certificate's votes reach the threshold of the policies. */
export function certifies(
  certificate: QuorumCertificate,
  active: FinalizerPolicy,
  pending: FinalizerPolicy | undefined,
): boolean {
  const reaches = (votes: PolicyVotes, policy: FinalizerPolicy) => {
    const voted = (i: number) => votes.strong?.bits[i] === true || votes.weak?.bits[i] === true;
    const weight = policy.finalizers.reduce((sum, { weight: w }, i) => (voted(i) ? sum + w : sum), 0n);
    return weight >= policy.threshold;
  };
  if (!reaches(certificate.active, active)) return false;
  return pending === undefined || (certificate.pending !== undefined && reaches(certificate.pending, pending));
}
