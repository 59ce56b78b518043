/** What `atalaya watch` prints of a stream: rounds that ended, happenings once, nothing of what was there before. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { HappeningView, RoundView, SlotState, StateView, UpdateView } from "../../src/api/views.ts";
import { atalaya } from "../up/atalaya.ts";

const LETTERS: Readonly<Record<string, SlotState>> = { p: "produced", m: "missed", o: "orphaned", ".": "due" };

function round(producer: string, startSlot: number, slots: string): RoundView {
  return {
    chain: "test",
    startSlot,
    startsAt: startSlot * 500,
    producer,
    ours: false,
    slots: [...slots].map((letter) => ({ state: LETTERS[letter] ?? "unknown", certainty: "provisional" })),
    final: false,
  };
}

function gaps(producer: string, startSlot: number, missed: number, orphaned = 0): HappeningView {
  const facts = { producer, missed, orphaned, late: 0, startSlot };
  return { id: `round/test/${startSlot}`, at: startSlot * 500, level: "warning", chain: "test", kind: "round", facts };
}

/** The lines that it prints of these messages, without their times. */
async function lines(messages: readonly (UpdateView | Pick<StateView, "now" | "rounds" | "happenings">)[]) {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.end(messages.map((message) => `event: update\ndata: ${JSON.stringify(message)}\n\n`).join(""));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const { stdout } = await atalaya(["watch", "--url", `http://127.0.0.1:${port}`]);
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^\S+ {2}/, ""));
  } finally {
    server.close();
  }
}

test("a round is told when it is over, and with it, once, how many blocks are missing", async () => {
  const printed = await lines([
    { now: 0, rounds: [round("alice", 0, "pppppppppppp"), round("bob", 12, "pp..........")], happenings: [] },
    { now: 1, rounds: [round("bob", 12, "ppm.........")], happenings: [gaps("bob", 12, 1)] },
    { now: 2, rounds: [round("bob", 12, "ppmmmmmmmmm.")], happenings: [gaps("bob", 12, 9)] },
    {
      now: 3,
      rounds: [round("bob", 12, "ppmmmmmmmmmm"), round("alice", 24, "............")],
      happenings: [gaps("bob", 12, 10)],
    },
  ]);
  assert.deepEqual(printed, ["██mmmmmmmmmm  bob", "bob: 10 missed of 12 blocks"]);
});

test("what turns out otherwise after its round is told again", async () => {
  const printed = await lines([
    { now: 0, rounds: [round("bob", 12, "ppppppppppp.")], happenings: [] },
    { now: 1, rounds: [round("bob", 12, "pppppppppppm")], happenings: [gaps("bob", 12, 1)] },
    { now: 2, rounds: [round("bob", 12, "pppppppppppo")], happenings: [gaps("bob", 12, 0, 1)] },
  ]);
  assert.deepEqual(printed, ["███████████m  bob", "bob: 1 missed of 12 blocks", "bob: 1 orphaned of 12 blocks"]);
});

test("what was there before is not told", async () => {
  const printed = await lines([
    { now: 0, rounds: [round("bob", 12, "mmmmmmmmmmmm")], happenings: [gaps("bob", 12, 12)] },
    { now: 1, rounds: [round("bob", 12, "mmmmmmmmmmmm"), round("alice", 24, "pppppppppppp")] },
  ]);
  assert.deepEqual(printed, ["████████████  alice"]);
});
