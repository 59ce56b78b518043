/** What running a transaction gave, action by action. */
import type { Action } from "../../../chain/transaction.ts";
import type { ChainFailure } from "../failure.ts";

export interface ActionReceipt {
  receiver: string;
  actDigest: string;
  globalSequence: number;
  recvSequence: number;
  authSequence: [string, number][];
}

export interface ActionTrace {
  ordinal: number;
  /** Ordinal of the action whose notification this is, 0 for one of the transaction's own. */
  creator: number;
  receiver: string;
  action: Action;
  receipt: ActionReceipt | undefined;
  elapsedUs: number;
  except: ChainFailure | undefined;
}

export interface TransactionTrace {
  id: string;
  num: number;
  slot: number;
  /** Absent when it failed. */
  receipt: { cpuUsageUs: number; netUsageWords: number } | undefined;
  elapsedUs: number;
  netUsage: number;
  actions: ActionTrace[];
  except: ChainFailure | undefined;
}
