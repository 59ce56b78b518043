/**
 * Runs a transaction against the state, with receipts and a trace.
 *
 * The same transaction on the same state gives the same receipts on every node; only the billed CPU time is
 * measured by the producer and taken over by everyone else.
 */
import { asFailure, type ChainFailure } from "../failure.ts";
import type { BlockContext } from "./block-context.ts";
import { type IncomingTransaction, netUsage } from "./incoming-transaction.ts";
import { runAction } from "./run-action.ts";
import type { ActionTrace, TransactionTrace } from "./trace.ts";
import { checkTransaction } from "./transaction-check.ts";

const MIN_CPU_US = 100;

/**
 * Applies a transaction within a session of its own; on failure the state is as before and the trace holds
 * the exception. `billedUs` is the CPU time a block's receipt states; absent, it is measured.
 */
export function applyTransaction(
  context: BlockContext,
  incoming: IncomingTransaction,
  billedUs?: number,
): TransactionTrace {
  const started = performance.now();
  const { tables } = context;
  const actions: ActionTrace[] = [];
  const net = netUsage(incoming.packed);
  let except: ChainFailure | undefined;
  tables.begin();
  try {
    checkTransaction(context, incoming);
    // what it proposes counts only when all of it succeeds
    const effects = { ...context.effects };
    for (const action of incoming.transaction.actions) runAction({ ...context, effects }, action, actions);
    Object.assign(context.effects, effects);
    tables.set("transaction", incoming.id, incoming.transaction.expiration);
    tables.squash();
  } catch (thrown) {
    tables.undo();
    except = asFailure(thrown);
  }
  const elapsedUs = Math.max(MIN_CPU_US, Math.round((performance.now() - started) * 1000));
  const { num, slot } = context;
  const trace = { id: incoming.id, num, slot, elapsedUs, actions, except };
  if (except !== undefined) return { ...trace, receipt: undefined, netUsage: net };
  const netUsageWords = Math.ceil(net / 8);
  return { ...trace, receipt: { cpuUsageUs: billedUs ?? elapsedUs, netUsageWords }, netUsage: netUsageWords * 8 };
}
