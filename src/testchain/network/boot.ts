/**
 * Makes a full chain of a bare one, over the public HTTP API alone: protocol features, contracts, accounts, a
 * token, finalizers (Savanna) and a producer schedule. The same steps for real nodes and for the test chain's.
 *
 * Each step knows whether it is done already, so booting again where an earlier attempt stopped goes on there.
 * The order matters: contracts need features, features need PREACTIVATE_FEATURE, which no contract can ask
 * for; finalizers come while `eosio` alone produces, for then its block is final at once and Savanna begins
 * within a second; with three producers that takes half a minute.
 */
import { setTimeout } from "node:timers/promises";
import type { NodeClient } from "../../chain/http/client.ts";
import { getInfo } from "../../chain/http/endpoints.ts";
import { isNodeosError } from "../../chain/http/errors.ts";
import { messageOf, Problem } from "../../kit/problem.ts";
import { type BootPlan, type BootStep, bootSteps } from "./boot-steps.ts";
import { Transactor } from "./transact.ts";

const STEP_LIMIT_MS = 180_000;
const POLL_MS = 100;
const ATTEMPTS = 5;
/** nodeos's range of “too much time or network used”; on a busy machine the next try does better. */
const RESOURCES = { from: 3080002, to: 3089999 };
const WASM_FAILURE = 3070000;

/**
 * Boots the chain of the node behind `client`, which must be the one that produces for `eosio`. `told` hears of
 * each step before it begins. Throws `TESTCHAIN_BOOT_FAILED` with nodeos's own words.
 */
export async function bootChain(
  client: NodeClient,
  plan: BootPlan,
  told: (step: string) => void = () => {},
): Promise<void> {
  const privateKeyOf = (account: string) =>
    account.startsWith("eosio") ? plan.systemKey.privateKey : plan.privateKeyOf(account);
  for (const step of bootSteps(client, plan, new Transactor(client, privateKeyOf))) {
    try {
      if (await step.done()) continue;
      told(step.title);
      await patiently(client, () => step.act());
      await settled(client, step);
    } catch (cause) {
      throw new Problem({
        code: "TESTCHAIN_BOOT_FAILED",
        message: `could not ${step.title}: ${messageOf(cause)}`,
        where: client.url,
        help: helpFor(cause),
        cause,
      });
    }
  }
}

/** Tries again, a block later, what failed only because the machine was too slow. */
async function patiently(client: NodeClient, act: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await act();
      return;
    } catch (thrown) {
      const slow = isNodeosError(thrown) && thrown.nodeosCode >= RESOURCES.from && thrown.nodeosCode <= RESOURCES.to;
      if (!slow || attempt === ATTEMPTS) throw thrown;
      const { head_block_num: before } = await client.call(getInfo);
      const deadline = Date.now() + STEP_LIMIT_MS;
      while ((await client.call(getInfo)).head_block_num <= before && Date.now() < deadline) await setTimeout(POLL_MS);
    }
  }
}

async function settled(client: NodeClient, step: BootStep): Promise<void> {
  const deadline = Date.now() + STEP_LIMIT_MS;
  while (!(await step.done())) {
    if (Date.now() > deadline) {
      const info = await client.call(getInfo);
      throw new Problem({
        code: "TESTCHAIN_BOOT_STALLED",
        message:
          `nothing came of it in ${STEP_LIMIT_MS / 1000} s; head is block ${info.head_block_num} of ` +
          `${info.head_block_producer}, ${info.last_irreversible_block_num} is irreversible`,
      });
    }
    await setTimeout(POLL_MS);
  }
}

function helpFor(cause: unknown): string {
  if (isNodeosError(cause, WASM_FAILURE)) {
    return "the contract does not fit this nodeos: take contracts built for its release";
  }
  if (cause instanceof Problem && cause.code === "TESTCHAIN_BOOT_STALLED") {
    return "read the producer's log: it may not produce, or its finalizers may not be connected";
  }
  return "read the producer's log; then delete the chain's directory and start again";
}
