/** The implicit pause of a producer that gets blocks and no votes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { VotePause } from "./vote-pause.ts";

const BOTH = ["bpa", "bpb"];

test("silence of its own finalizer, of the others, or of all pauses it after the timeout, and not before", () => {
  const cases: [string[], string][] = [
    [[], "old_votes"],
    [["bpb"], "old_producer_vote"],
    [["bpa"], "old_other_vote"],
    [BOTH, "none"],
  ];
  for (const [voters, reason] of cases) {
    const pause = new VotePause(["bpa"], 6000);
    pause.block(1000, BOTH);
    for (const voter of voters) pause.vote(voter);
    assert.equal(pause.reason(7000), "none");
    assert.equal(pause.reason(7001), reason);
  }
});

test("votes lift it, resume lifts it until the next block, and only who is in a policy is missed", () => {
  const pause = new VotePause(["bpa"], 6000);
  pause.block(0, BOTH);
  assert.equal(pause.reason(9000), "old_votes");
  pause.reset();
  assert.equal(pause.reason(99_000), "none", "the clock stands still");
  pause.block(100_000, BOTH);
  assert.equal(pause.reason(106_001), "old_votes");
  pause.vote("bpa");
  assert.equal(pause.reason(106_001), "old_other_vote");
  pause.block(106_002, ["bpa"]);
  assert.equal(pause.reason(106_002), "none", "no other is expected to vote any more");
});

test("a timeout of 0 and a node without producers never pause", () => {
  for (const pause of [new VotePause(["bpa"], 0), new VotePause([], 6000)]) {
    pause.block(0, BOTH);
    assert.equal(pause.reason(1e9), "none");
  }
});

const event = fc.record({
  kind: fc.constantFrom("block", "own", "other", "resume", "wait"),
  ms: fc.nat({ max: 4000 }),
});

test("it is paused exactly while the first block after a class's latest vote is older than the timeout", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const pause = new VotePause(["bpa"], 6000);
      let now = 0;
      const since: Record<"own" | "other", number | undefined> = { own: undefined, other: undefined };
      for (const { kind, ms } of events) {
        now += ms;
        if (kind === "block") {
          pause.block(now, BOTH);
          since.own ??= now;
          since.other ??= now;
        } else if (kind === "resume") {
          pause.reset();
          since.own = since.other = undefined;
        } else if (kind !== "wait") {
          pause.vote(kind === "own" ? "bpa" : "bpb");
          since[kind as "own"] = undefined;
        }
        const old = (at: number | undefined) => at !== undefined && now - at > 6000;
        const expected = old(since.own)
          ? old(since.other)
            ? "old_votes"
            : "old_producer_vote"
          : old(since.other)
            ? "old_other_vote"
            : "none";
        assert.equal(pause.reason(now), expected);
      }
    }),
  );
});
