/** Votes and certificates: what reaches a threshold, under one policy and two, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FinalizerPolicy } from "../../../chain/block/finality.ts";
import { certifies, finalizerKeyOf, isStrong, VoteTally, voteSignature } from "./votes.ts";

const BLOCK = `00000007${"ab".repeat(28)}`;

const keys = Array.from({ length: 6 }, (_, i) => finalizerKeyOf(Buffer.from([i])));
const policies = fc
  .tuple(
    fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1 }),
    fc.infiniteStream(fc.bigInt({ min: 1n, max: 5n })),
    fc.nat(),
  )
  .map(([members, weights, share]): FinalizerPolicy => {
    const finalizers = members.map((member) => ({
      description: `f${member}`,
      weight: weights.next().value as bigint,
      publicKey: keys[member] as string,
    }));
    const total = finalizers.reduce((sum, { weight }) => sum + weight, 0n);
    return { generation: 1, threshold: (BigInt(share) % total) + 1n, finalizers };
  });
const votes = fc.array(fc.record({ who: fc.nat({ max: 5 }), strong: fc.boolean() }), { maxLength: 12 });

const weightOf = (policy: FinalizerPolicy, who: ReadonlySet<string>) =>
  policy.finalizers.reduce((sum, { publicKey, weight }) => (who.has(publicKey) ? sum + weight : sum), 0n);

test("there is a certificate exactly when the votes reach every policy's threshold, and it is strong exactly when the strong ones do", () => {
  fc.assert(
    fc.property(policies, fc.option(policies, { nil: undefined }), votes, (active, pending, cast) => {
      const tally = new VoteTally(active, pending);
      const all = [active, ...(pending === undefined ? [] : [pending])];
      const strong = new Set<string>();
      const any = new Set<string>();
      for (const { who, strong: isStrongVote } of cast) {
        const key = keys[who] as string;
        const known = all.some(({ finalizers }) => finalizers.some(({ publicKey }) => publicKey === key));
        const expected = !known ? "unknown_public_key" : any.has(key) ? "duplicate" : "success";
        assert.equal(tally.add(key, BLOCK, isStrongVote, voteSignature(key, BLOCK, isStrongVote)), expected);
        if (expected !== "success") continue;
        any.add(key);
        if (isStrongVote) strong.add(key);
      }
      const certificate = tally.certificate(7);
      const reached = all.every((policy) => weightOf(policy, any) >= policy.threshold);
      assert.equal(certificate !== undefined, reached);
      if (certificate === undefined) return;
      assert.equal(
        isStrong(certificate),
        all.every((policy) => weightOf(policy, strong) >= policy.threshold),
      );
      assert.ok(certifies(certificate, active, pending));
    }),
    { numRuns: 500 },
  );
});

test("a certificate with any one of its votes taken away is good only while the rest reaches the threshold", () => {
  fc.assert(
    fc.property(policies, (policy) => {
      const tally = new VoteTally(policy, undefined);
      for (const { publicKey } of policy.finalizers)
        tally.add(publicKey, BLOCK, true, voteSignature(publicKey, BLOCK, true));
      const certificate = tally.certificate(7);
      assert.ok(certificate?.active.strong !== undefined);
      const { bits } = certificate.active.strong;
      const total = policy.finalizers.reduce((sum, { weight }) => sum + weight, 0n);
      for (const [i, { weight }] of policy.finalizers.entries()) {
        const strong = { size: bits.length, bits: bits.with(i, false) };
        const less: typeof certificate = { ...certificate, active: { ...certificate.active, strong } };
        assert.equal(certifies(less, policy, undefined), total - weight >= policy.threshold);
      }
    }),
  );
});

test("a vote for another block, or with a garbled signature, does not count", () => {
  const [key = ""] = keys;
  const policy = { generation: 1, threshold: 1n, finalizers: [{ description: "f", weight: 1n, publicKey: key }] };
  const tally = new VoteTally(policy, undefined);
  const good = voteSignature(key, BLOCK, true);
  assert.equal(tally.add(key, BLOCK, true, voteSignature(key, BLOCK, false)), "invalid_signature");
  assert.equal(tally.add(key, BLOCK, true, voteSignature(key, "00".repeat(32), true)), "invalid_signature");
  assert.equal(
    tally.add(key, BLOCK, true, `${good.slice(0, -1)}${good.endsWith("0") ? "1" : "0"}`),
    "invalid_signature",
  );
  assert.equal(tally.certificate(7), undefined);
  assert.equal(tally.add(key, BLOCK, true, good), "success");
});
