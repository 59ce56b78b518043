/** Blocks and transactions as nodeos prints them. */

import type { Json } from "../../../chain/abi/builtin.ts";
import type { AbiSerializer } from "../../../chain/abi/serializer.ts";
import {
  certificateOf,
  decodeBlock,
  receiptTransactionId,
  type SignedBlock,
  type TransactionReceipt,
} from "../../../chain/block/block.ts";
import { type Bitset, finalityExtension, type PolicyVotes } from "../../../chain/block/finality.ts";
import {
  BLOCK_EXTENSION,
  type BlockHeader,
  blockId,
  blockNum,
  HEADER_EXTENSION,
  refBlockPrefix,
} from "../../../chain/block/header.ts";
import { formatBls } from "../../../chain/keys/bls.ts";
import { formatBlockTime, formatTimePoint } from "../../../chain/time.ts";
import {
  type Action,
  decodeTransaction,
  type PackedTransaction,
  unpackTransaction,
} from "../../../chain/transaction.ts";

/** The ABI of an account, if it has one. */
export type AbiLookup = (account: string) => AbiSerializer | undefined;

function headerJson(header: BlockHeader) {
  return {
    timestamp: formatBlockTime(header.slot),
    producer: header.producer,
    confirmed: header.confirmed,
    previous: header.previous,
    transaction_mroot: header.transactionMroot,
    action_mroot: header.actionMroot,
    schedule_version: header.scheduleVersion,
  };
}

function extensionsJson(extensions: BlockHeader["extensions"]): [number, string][] {
  return extensions.map(({ type, data }) => [type, data.toString("hex")]);
}

/** `get_raw_block`: everything as it is on the wire. */
export function rawBlockJson(raw: Buffer) {
  const block = decodeBlock(raw);
  return {
    ...headerJson(block.header),
    ...(block.header.newProducers === undefined ? {} : { new_producers: legacyScheduleJson(block.header) }),
    header_extensions: extensionsJson(block.header.extensions),
    producer_signature: block.producerSignature,
    transactions: block.receipts.map((receipt) => ({ ...receiptJson(receipt), trx: rawTransactionJson(receipt) })),
    block_extensions: extensionsJson(block.extensions),
  };
}

/** `get_block`: with transactions unpacked and action data decoded. */
export function blockJson(raw: Buffer, abis: AbiLookup) {
  const block = decodeBlock(raw);
  const { header } = block;
  const id = blockId(header);
  const finality = finalityExtension(header);
  const others = header.extensions.filter(({ type }) => type !== HEADER_EXTENSION.finality);
  const blockOthers = block.extensions.filter(({ type }) => type !== BLOCK_EXTENSION.quorumCertificate);
  return {
    ...headerJson(header),
    new_producers: header.newProducers === undefined ? null : legacyScheduleJson(header),
    ...(others.length === 0 ? {} : { header_extensions: extensionsJson(others) }),
    ...(finality === undefined
      ? {}
      : {
          finality_extension: {
            qc_claim: { block_num: finality.qcClaim.blockNum, is_strong_qc: finality.qcClaim.strong },
          },
        }),
    producer_signature: block.producerSignature,
    transactions: block.receipts.map((receipt) => ({ ...receiptJson(receipt), trx: transactionJson(receipt, abis) })),
    ...(blockOthers.length === 0 ? {} : { block_extensions: extensionsJson(blockOthers) }),
    ...certificateJson(block),
    id,
    block_num: blockNum(header),
    ref_block_prefix: refBlockPrefix(id),
  };
}

/** `get_block_header`. */
export function blockHeaderJson(raw: Buffer, withExtensions: boolean) {
  const block = decodeBlock(raw);
  return {
    id: blockId(block.header),
    signed_block_header: {
      ...headerJson(block.header),
      header_extensions: extensionsJson(block.header.extensions),
      producer_signature: block.producerSignature,
    },
    ...(withExtensions ? { block_extensions: extensionsJson(block.extensions) } : {}),
  };
}

/** `get_block_info`. */
export function blockInfoJson(raw: Buffer) {
  const { header, producerSignature } = decodeBlock(raw);
  const id = blockId(header);
  const num = blockNum(header);
  return {
    block_num: num,
    ref_block_num: num & 0xffff,
    id,
    ...headerJson(header),
    producer_signature: producerSignature,
    ref_block_prefix: refBlockPrefix(id),
  };
}

function legacyScheduleJson(header: BlockHeader) {
  const producers = header.newProducers?.producers ?? [];
  return {
    version: header.newProducers?.version ?? 0,
    producers: producers.map(({ name, key }) => ({ producer_name: name, block_signing_key: key })),
  };
}

function certificateJson(block: SignedBlock) {
  const certificate = certificateOf(block);
  if (certificate === undefined) return {};
  return {
    qc_extension: {
      qc: {
        block_num: certificate.blockNum,
        active_policy_sig: votesJson(certificate.active),
        ...(certificate.pending === undefined ? {} : { pending_policy_sig: votesJson(certificate.pending) }),
      },
    },
  };
}

/** nodeos prints a bitset highest bit first. */
function bitsJson(bitset: Bitset): string {
  return bitset.bits
    .map((bit) => (bit ? "1" : "0"))
    .reverse()
    .join("");
}

function votesJson(votes: PolicyVotes) {
  return {
    ...(votes.strong === undefined ? {} : { strong_votes: bitsJson(votes.strong) }),
    ...(votes.weak === undefined ? {} : { weak_votes: bitsJson(votes.weak) }),
    sig: formatBls("SIG_BLS_", Buffer.from(votes.signature, "hex")),
  };
}

function receiptJson(receipt: TransactionReceipt) {
  return { status: receipt.status, cpu_usage_us: receipt.cpuUsageUs, net_usage_words: receipt.netUsageWords };
}

function packedJson(packed: PackedTransaction) {
  return {
    signatures: packed.signatures,
    compression: packed.compression,
    packed_context_free_data: packed.packedContextFreeData.toString("hex"),
    packed_trx: packed.packedTrx.toString("hex"),
  };
}

function rawTransactionJson(receipt: TransactionReceipt) {
  return "id" in receipt.transaction ? [0, receipt.transaction.id] : [1, packedJson(receipt.transaction)];
}

function transactionJson(receipt: TransactionReceipt, abis: AbiLookup) {
  if ("id" in receipt.transaction) return receipt.transaction.id;
  const transaction = decodeTransaction(unpackTransaction(receipt.transaction));
  const { packed_trx, ...packed } = packedJson(receipt.transaction);
  return {
    id: receiptTransactionId(receipt),
    ...packed,
    context_free_data: [],
    packed_trx,
    transaction: {
      expiration: formatTimePoint(transaction.expiration * 1000).slice(0, 19),
      ref_block_num: transaction.refBlockNum,
      ref_block_prefix: transaction.refBlockPrefix,
      max_net_usage_words: transaction.maxNetUsageWords,
      max_cpu_usage_ms: transaction.maxCpuUsageMs,
      delay_sec: transaction.delaySec,
      context_free_actions: transaction.contextFreeActions.map((action) => actionJson(action, abis)),
      actions: transaction.actions.map((action) => actionJson(action, abis)),
    },
  };
}

/** An action with its data decoded where the account's ABI allows. */
export function actionJson(action: Action, abis: AbiLookup) {
  const hex = action.data.toString("hex");
  return {
    account: action.account,
    name: action.name,
    authorization: action.authorization,
    ...decoded(action, hex, abis),
  };
}

function decoded(action: Action, hex: string, abis: AbiLookup): { data: Json; hex_data?: string } {
  try {
    const serializer = abis(action.account);
    if (serializer !== undefined)
      return { data: serializer.decode(serializer.actionType(action.name), action.data), hex_data: hex };
  } catch {
    // data that does not fit the ABI is shown as it is
  }
  return { data: hex };
}
