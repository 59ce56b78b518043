/**
 * What a built-in contract is: an ABI and one function per action. The test chain runs no WebAssembly; an
 * account's code is a module that names one of the built-in contracts in a custom section.
 */
import type { Json } from "../../../chain/abi/builtin.ts";
import type { Abi } from "../../../chain/abi/definition.ts";
import type { FinalizerPolicy } from "../../../chain/block/finality.ts";
import type { ScheduledProducer } from "../../../chain/block/schedule.ts";
import { sha256 } from "../../../chain/hash.ts";
import type { Action } from "../../../chain/transaction.ts";
import type { Tables } from "../chain/tables.ts";

export type ActionData = { [key: string]: Json };

/** What an action may see and do. */
export interface ActionContext {
  readonly tables: Tables;
  /** Slot of the block under construction. */
  readonly slot: number;
  readonly action: Action;
  /** Throws `missing_auth_exception` unless the action is authorised by `account`. */
  requireAuth(account: string): void;
  hasAuth(account: string): boolean;
  /** Tells another account: its contract, if any, sees the action too. */
  notify(account: string): void;
  /** Proposes a producer schedule; it takes effect by the consensus rules. */
  proposeSchedule(producers: ScheduledProducer[]): void;
  /** Proposes a finalizer policy; the first one starts the transition to Savanna. */
  proposeFinalizers(policy: Omit<FinalizerPolicy, "generation">): void;
  /** Activates a protocol feature with the next block. */
  preactivateFeature(digest: string): void;
}

export interface NativeContract {
  name: string;
  abi: Abi;
  actions: Record<string, (context: ActionContext, data: ActionData) => void>;
}

const SECTION_NAME = "atalaya.native";

/** A valid, empty WebAssembly module that stands for a built-in contract. */
export function nativeCode(contract: string): Buffer {
  const payload = Buffer.concat([counted(SECTION_NAME), counted(contract)]);
  return Buffer.concat([Buffer.from("0061736d01000000", "hex"), Buffer.from([0, payload.length]), payload]);
}

/** The built-in contract that a module names, `undefined` for any other code. */
export function nativeContractOf(code: Buffer): string | undefined {
  const marker = counted(SECTION_NAME);
  const at = code.indexOf(marker);
  if (at < 0) return undefined;
  const length = code[at + marker.length] ?? 0;
  return code.subarray(at + marker.length + 1, at + marker.length + 1 + length).toString("latin1");
}

function counted(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, "latin1")]);
}

/** Hash of an account's code, as `get_code_hash` gives it. */
export function codeHash(code: Uint8Array): string {
  return sha256(code).toString("hex");
}
