/** A transaction as it comes from a client, a peer or a block: taken apart and its signers recovered, once. */
import { sha256 } from "../../../chain/hash.ts";
import {
  decodeTransaction,
  type PackedTransaction,
  type Transaction,
  transactionSigners,
  unpackTransaction,
} from "../../../chain/transaction.ts";
import { Problem } from "../../../kit/problem.ts";
import { failure } from "../failure.ts";

/** A transaction taken apart once: id, content and who signed it. */
export interface IncomingTransaction {
  id: string;
  packed: PackedTransaction;
  transaction: Transaction;
  /** `EOS…` keys, in no particular order. */
  keys: ReadonlySet<string>;
}

/** Unpacks and recovers the signing keys. Throws a failure for what nodeos would not even try. */
export function openTransaction(chainId: string, packed: PackedTransaction): IncomingTransaction {
  try {
    const serialized = unpackTransaction(packed);
    const signers = transactionSigners(chainId, packed);
    if (new Set(signers).size !== signers.length) {
      throw failure(
        "tx_duplicate_sig",
        "transaction includes more than one signature signed using the same key",
        "transaction.cpp:get_signature_keys",
      );
    }
    return {
      id: sha256(serialized).toString("hex"),
      packed,
      transaction: decodeTransaction(serialized),
      keys: new Set(signers),
    };
  } catch (thrown) {
    if (thrown instanceof Problem)
      throw failure("packed_transaction_type_exception", thrown.message, "transaction.cpp:unpack");
    throw thrown;
  }
}

/** Billed network bytes: signatures and context-free data count a fifth. A receipt has them in words of eight. */
export function netUsage(packed: PackedTransaction): number {
  const prunable = 2 + packed.signatures.length * 66 + packed.packedContextFreeData.length;
  return 12 + 16 + packed.packedTrx.length + Math.ceil((prunable * 20) / 100);
}
