/** Makes, signs and sends transactions to a node of a test network, with the accounts' throw-away keys. */
import { refBlockPrefix } from "../../chain/block/header.ts";
import type { NodeClient } from "../../chain/http/client.ts";
import { getInfo, type Info } from "../../chain/http/endpoints.ts";
import { type PackedTransactionJson, sendTransaction } from "../../chain/http/transaction-endpoints.ts";
import { PrivateKey } from "../../chain/keys/k1.ts";
import { type Action, encodeTransaction, type Transaction, transactionDigest } from "../../chain/transaction.ts";

/** Long enough for a slow machine, well within nodeos's limit of an hour. */
const LIFETIME_SEC = 120;

/** A transaction that refers to the last irreversible block, which no fork can take away. */
export function makeTransaction(info: Info, actions: readonly Action[]): Transaction {
  return {
    expiration: Math.floor(info.head_block_time / 1000) + LIFETIME_SEC,
    refBlockNum: info.last_irreversible_block_num & 0xffff,
    refBlockPrefix: refBlockPrefix(info.last_irreversible_block_id),
    maxNetUsageWords: 0,
    maxCpuUsageMs: 0,
    delaySec: 0,
    contextFreeActions: [],
    actions: [...actions],
    extensions: [],
  };
}

/** Packed, with one signature a private key. */
export function signTransaction(
  chainId: string,
  transaction: Transaction,
  privateKeys: readonly string[],
): PackedTransactionJson {
  const serialized = encodeTransaction(transaction);
  const digest = transactionDigest(chainId, serialized);
  return {
    signatures: privateKeys.map((key) => PrivateKey.parse(key).sign(digest)),
    compression: 0,
    packed_context_free_data: "",
    packed_trx: serialized.toString("hex"),
  };
}

export class Transactor {
  private readonly client: NodeClient;
  private readonly privateKeyOf: (account: string) => string;

  /** `privateKeyOf`: the key of an account's `active` permission. */
  constructor(client: NodeClient, privateKeyOf: (account: string) => string) {
    this.client = client;
    this.privateKeyOf = privateKeyOf;
  }

  /** Signed by everyone the actions name; not sent. */
  async prepare(actions: readonly Action[]): Promise<PackedTransactionJson> {
    const info = await this.client.call(getInfo);
    const actors = new Set(actions.flatMap(({ authorization }) => authorization.map(({ actor }) => actor)));
    const keys = new Set([...actors].map((actor) => this.privateKeyOf(actor)));
    return signTransaction(info.chain_id, makeTransaction(info, actions), [...keys]);
  }

  /** Sends; resolves with the id and the number of the block under way when the node has run it. */
  async send(actions: readonly Action[], timeoutMs = 10_000): Promise<{ id: string; blockNum: number }> {
    const packed = await this.prepare(actions);
    const { processed } = await this.client.call(sendTransaction, packed, { timeoutMs });
    return { id: processed.id, blockNum: processed.block_num };
  }
}
