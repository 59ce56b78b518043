/**
 * The recorded chain of a real nodeos (test/fixtures/nodeos-1.3.0-dev), for tests that replay it: blocks 1 to
 * 227 with their votes from one p2p connection, what nodeos logged about them, and its HTTP answers.
 *
 * The chain begins under legacy consensus with `eosio` alone, changes to three producers at block 32 and to
 * Savanna at block 125 (the first finalizer policy is in block 82).
 */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { identifyBlock } from "../../src/chain/block/block.ts";
import { blockNumOf } from "../../src/chain/block/header.ts";
import { type Genesis, genesisSchema } from "../../src/chain/genesis.ts";
import { FrameSplitter } from "../../src/chain/p2p/frame.ts";
import { decodeMessage, type Message, type Vote } from "../../src/chain/p2p/messages.ts";

const FIXTURES = new URL("../fixtures/nodeos-1.3.0-dev/", import.meta.url);

export function fixture(path: string): Buffer {
  return readFileSync(new URL(path, FIXTURES));
}

export function recordedGenesis(): Genesis {
  return v.parse(genesisSchema, JSON.parse(fixture("chain/genesis.json").toString("utf8")));
}

/** All messages of the recorded connection, those of the dialler first. */
export function recordedMessages(): Message[] {
  return ["p2p/from-dialer.bin", "p2p/from-listener.bin"].flatMap((file) =>
    new FrameSplitter().push(fixture(file)).map(decodeMessage),
  );
}

/** Serialised blocks 2 to 227 in order. */
export function recordedBlocks(): Buffer[] {
  return recordedMessages()
    .flatMap((message) => (message.type === "signed_block" ? [message.block] : []))
    .sort((a, b) => numOf(a) - numOf(b));
}

export function recordedVotes(): Vote[] {
  return recordedMessages().filter((message) => message.type === "vote");
}

function numOf(block: Buffer): number {
  return blockNumOf(identifyBlock(block).id);
}

/** One line of nodeos about a block it made or applied. */
export interface LoggedBlock {
  verb: "Produced" | "Received";
  num: number;
  producer: string;
  lib: number;
  /** Only on legacy blocks that were produced. */
  confirmed: number | undefined;
}

const APPLIED =
  /\] (Produced|Received) block [0-9a-f]{16}\.\.\. #(\d+) @ \S+ signed by (\S+) \[trxs: \d+, lib: (\d+), (?:confirmed: (\d+), )?/;

/** What `logs/<name>.log` says about blocks, in order. */
export function loggedBlocks(name: string): LoggedBlock[] {
  return fixture(`logs/${name}.log`)
    .toString("utf8")
    .split("\n")
    .flatMap((line) => {
      const parts = APPLIED.exec(line);
      if (parts === null) return [];
      const [, verb, num, producer = "", lib, confirmed] = parts;
      return [
        {
          verb: verb as LoggedBlock["verb"],
          num: Number(num),
          producer,
          lib: Number(lib),
          confirmed: confirmed === undefined ? undefined : Number(confirmed),
        },
      ];
    });
}

/** A recorded HTTP exchange, its bodies parsed. */
export interface Exchange {
  method: string;
  path: string;
  /** As sent. */
  body: string;
  status: number;
  headers: Record<string, string>;
  answer: unknown;
  text: string;
}

export function recordedExchange(name: string): Exchange {
  const { request, response } = JSON.parse(fixture(`http/${name}.json`).toString("utf8")) as {
    request: { method: string; path: string; body?: string | null };
    response: { status: number; headers: Record<string, string>; body: string };
  };
  const json = response.headers["content-type"] === "application/json";
  return {
    method: request.method,
    path: request.path,
    body: request.body ?? "",
    status: response.status,
    headers: response.headers,
    answer: json ? JSON.parse(response.body) : undefined,
    text: response.body,
  };
}
