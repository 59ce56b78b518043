/** Who may connect, and what of a handshake is believed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { greeting } from "../../../../test/scripted-peer.ts";
import { keyOf } from "../../../../test/testchain/small-chain.ts";
import type { Handshake } from "../../../chain/p2p/messages.ts";
import { OptionsError } from "../options.ts";
import { Authentication, tokenOf } from "./authentication.ts";
import { parsePeerAddress, trafficAskedFor, trafficSuffix } from "./endpoint.ts";
import { isValidHandshake } from "./handshake.ts";
import { PeerClock } from "./peer-clock.ts";

const alice = keyOf("alice");
const pair = JSON.stringify([alice.publicKey, alice.reveal()]);
const only = (allowed: string[], peerKeys: string[] = [], peerPrivateKeys: string[] = []) =>
  new Authentication({ allowed, peerKeys, peerPrivateKeys }, []);

/** A handshake of somebody with alice's key. */
function proven(timeNs: bigint): Handshake {
  return greeting({ timeNs, ...only([], [], [pair]).prove(timeNs) });
}

test("with nothing said or `any` everybody may come, with `none` nobody", () => {
  assert.equal(only([]).refusal(greeting()), undefined);
  assert.equal(only(["any"]).refusal(greeting()), undefined);
  assert.equal(only(["any", "none"]).refusal(greeting()), "no connection is allowed");
});

test("with `specified` only who proves a key that is listed", () => {
  const gate = only(["specified"], [JSON.stringify(alice.publicKey)]);
  assert.equal(gate.refusal(proven(7n)), undefined);
  assert.match(gate.refusal(greeting()) ?? "", /unauthorized key/);
  assert.match(gate.refusal(greeting({ key: alice.publicKey })) ?? "", /blank signature and token/);
  assert.match(gate.refusal({ ...proven(7n), timeNs: 8n }) ?? "", /invalid token/);
  const forged = { ...proven(7n), signature: keyOf("mallory").sign(tokenOf(7n)) };
  assert.match(gate.refusal(forged) ?? "", /unauthenticated key/);
  assert.throws(() => only(["specified"]), OptionsError);
});

test("a private key that cannot be read is refused without a word of it", () => {
  const secret = alice.reveal();
  for (const text of [secret, `["${secret}"]`, `["${alice.publicKey}","${secret.slice(0, -1)}"]`, `{"a":"${secret}"`]) {
    assert.throws(
      () => only([], [], [text]),
      (thrown) => thrown instanceof OptionsError && !thrown.message.includes(secret.slice(8, 24)),
    );
  }
});

test("a handshake that contradicts itself is not valid", () => {
  assert.ok(isValidHandshake(greeting()));
  assert.ok(isValidHandshake(proven(9n)));
  const wrong: Partial<Handshake>[] = [
    { rootNum: 21, headNum: 20 },
    { p2pAddress: "" },
    { p2pAddress: "x".repeat(385) },
    { os: "" },
    { agent: "x".repeat(385) },
    { token: "ab".repeat(32) },
  ];
  for (const change of wrong)
    assert.equal(isValidHandshake({ ...greeting(), ...change }), false, JSON.stringify(change));
});

test("addresses are read with what travels on them, anything else is none", () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.constant(""),
  );
  const traffic = fc.constantFrom("both" as const, "blocks" as const, "transactions" as const);
  fc.assert(
    fc.property(
      host,
      fc.integer({ min: 0, max: 65_535 }),
      traffic,
      fc.constantFrom("", ":5MB/s", ":100"),
      (name, port, kind, rate) => {
        const text = `${name}:${port}${trafficSuffix(kind)}`;
        const plain = name.replace(/^\[|\]$/g, "");
        assert.deepEqual(parsePeerAddress(text + rate), { host: plain, port, traffic: kind });
        if (name !== "") assert.equal(trafficAskedFor(`${text} - abcdef0`), kind);
      },
    ),
  );
  for (const text of [
    "",
    "host",
    "host:",
    "host:port",
    ":",
    "host:70000",
    "host:1:xyz",
    "a b:1",
    "::1:9876",
    "host:1:blk:",
  ]) {
    assert.equal(parsePeerAddress(text), undefined, text);
  }
});

test("a clock that is off is told by how much, whatever the way there and back takes", () => {
  const property = fc.property(
    fc.integer({ min: -5000, max: 5000 }),
    fc.nat({ max: 400 }),
    fc.nat({ max: 400 }),
    (offMs, there, back) => {
      const warnings: string[] = [];
      let now = 1_000_000;
      const clock = new PeerClock(
        () => now,
        (message) => sent.push(message),
        (text) => warnings.push(text),
      );
      const sent: { xmt: bigint }[] = [];
      clock.ping();
      const org = sent[0]?.xmt ?? 0n;
      const ns = (ms: number) => BigInt(ms) * 1_000_000n;
      const theirs = ns(now + there + offMs);
      now += there + back;
      clock.received({ type: "time", org, rec: theirs, xmt: theirs, dst: 0n });
      assert.equal(clock.roundTripNs, ns(there + back));
      // what cannot be known is how the way was shared between the two directions
      const seen = offMs + (there - back) / 2;
      assert.equal(warnings.length, Math.abs(seen) > 500 ? 1 : 0);
      if (warnings.length > 0)
        assert.match(warnings[0] as string, new RegExp(`offset is ${Math.trunc(seen * 1000)}us`));
    },
  );
  fc.assert(property);
});

test("an answer to no question of ours, or to an old one, changes nothing", () => {
  const clock = new PeerClock(
    () => 5000,
    () => {},
    () => assert.fail("it warned"),
  );
  clock.received({ type: "time", org: 99n, rec: 1n, xmt: 1n, dst: 0n });
  clock.received({ type: "time", org: 0n, rec: 0n, xmt: 0n, dst: 0n });
  assert.equal(clock.roundTripNs, 0n);
});
