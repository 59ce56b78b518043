/** `/v1/chain/*`: blocks, schedule, finality, accounts. Tables and transactions have files of their own. */

import { jsonInteger } from "../../../chain/abi/builtin.ts";
import type { FinalizerPolicy } from "../../../chain/block/finality.ts";
import { blockNumOf } from "../../../chain/block/header.ts";
import type { ProducerSchedule } from "../../../chain/block/schedule.ts";
import { formatBls } from "../../../chain/keys/bls.ts";
import { isName } from "../../../chain/name.ts";
import { formatBlockTime, formatTimePoint, timeOf } from "../../../chain/time.ts";
import { type AccountRow, abiOf, getAccount } from "../chain/accounts.ts";
import { permissionsOf } from "../chain/authority.ts";
import { activeFeatures } from "../chain/protocol-features.ts";
import type { Row } from "../chain/tables.ts";
import { failure } from "../failure.ts";
import { PRIORITY } from "../main-thread.ts";
import type { TestNode } from "../node.ts";
import { blockHeaderJson, blockInfoJson, blockJson, rawBlockJson } from "./block-json.ts";
import { type Body, type Endpoint, invalid, numberField, textField } from "./endpoint.ts";

const CHAIN_PLUGIN = "chain_plugin.cpp";

export function chainApi(node: TestNode): Endpoint[] {
  const { controller } = node;
  const ro = (
    name: string,
    body: Endpoint["body"],
    handle: Endpoint["handle"],
    thread: "main" | "http" = "main",
  ): Endpoint => ({
    path: `/v1/chain/${name}`,
    category: "chain_ro",
    status: 200,
    body,
    handle,
    ...(thread === "main" ? { priority: PRIORITY.mediumLow } : {}),
  });
  const abis = (account: string) => abiOf(controller.tables, account);
  return [
    node.info.endpoint(),
    ro("get_block", "required", (body) =>
      blockJson(findBlock(node, textField(body, "block_num_or_id"), "get_raw_block"), abis),
    ),
    ro(
      "get_raw_block",
      "required",
      (body) => rawBlockJson(findBlock(node, textField(body, "block_num_or_id"), "get_raw_block")),
      "http",
    ),
    ro(
      "get_block_header",
      "required",
      (body) =>
        blockHeaderJson(
          findBlock(node, textField(body, "block_num_or_id"), "get_block_header"),
          body?.include_extensions === true,
        ),
      "http",
    ),
    ro("get_block_info", "required", (body) =>
      blockInfoJson(findBlock(node, textField(body, "block_num"), "get_block_info")),
    ),
    ro("get_block_header_state", "required", (body) =>
      headerStateJson(findBlock(node, textField(body, "block_num_or_id"), "get_block_header_state")),
    ),
    ro("get_producer_schedule", "none", () => scheduleAnswer(node)),
    ro("get_producers", "required", (body) => producersAnswer(node, numberField(body, "limit", 50))),
    ro("get_finalizer_info", "none", () => finalizerAnswer(node)),
    ro("get_activated_protocol_features", "optional", (body) => featuresAnswer(node, numberField(body, "limit", 10))),
    ro("get_consensus_parameters", "none", () => ({ chain_config: {}, wasm_config: {} })),
    ro("get_scheduled_transactions", "optional", () => ({ transactions: [], more: "" })),
    ro("get_account", "required", (body) => accountAnswer(node, nameField(body, "account_name"))),
    ro("get_abi", "required", (body) => abiAnswer(node, nameField(body, "account_name"))),
    ro("get_raw_abi", "required", (body) => rawAbiAnswer(node, nameField(body, "account_name"))),
    ro("get_code_hash", "required", (body) => codeHashAnswer(node, nameField(body, "account_name"))),
    ro("get_code", "required", (body) => ({
      ...codeHashAnswer(node, nameField(body, "account_name")),
      wast: "",
      wasm: "",
      ...abiAnswer(node, nameField(body, "account_name")),
    })),
    ro("get_raw_code_and_abi", "required", (body) => rawCodeAnswer(node, nameField(body, "account_name"))),
  ];
}

/** An account name of a request. Throws as nodeos does for one that is none. */
export function nameField(body: Body, field: string): string {
  const name = textField(body, field);
  if (!isName(name)) throw invalid("Unable to parse valid input from POST body");
  return name;
}

function findBlock(node: TestNode, wanted: string, method: string): Buffer {
  const { controller } = node;
  const at = `${CHAIN_PLUGIN}:${method}`;
  if (/^\d+$/.test(wanted)) {
    const raw = controller.blocks.rawByNum(Number(wanted));
    if (raw !== undefined && raw.length > 0) return raw;
  } else {
    if (!/^[0-9a-fA-F]{64}$/.test(wanted)) throw failure("block_id_type_exception", `Invalid block ID: ${wanted}`, at);
    const raw = controller.blocks.rawById(wanted);
    if (raw !== undefined && raw.length > 0) return raw;
  }
  const what = method === "get_block_header" ? "block header" : "block";
  throw failure("unknown_block_exception", `Could not find ${what}: ${wanted}`, at);
}

/** 1.x answers this with a stub around the header. */
function headerStateJson(raw: Buffer) {
  const { id, signed_block_header } = blockHeaderJson(raw, false);
  return {
    block_num: blockNumOf(id),
    dpos_proposed_irreversible_blocknum: 0,
    dpos_irreversible_blocknum: 0,
    id,
    header: signed_block_header,
  };
}

function scheduleJson(schedule: ProducerSchedule) {
  return {
    version: schedule.version,
    producers: schedule.producers.map(({ name, authority }) => ({ producer_name: name, authority: [0, authority] })),
  };
}

function scheduleAnswer(node: TestNode) {
  const { controller } = node;
  // nodeos shows the schedule of the block being built, so it flips at the boundary
  const building = controller.building?.draft;
  const { consensus } = controller.head;
  const standing = consensus.kind === "legacy" ? consensus.active : consensus.active.schedule;
  const active = building === undefined ? standing : controller.scheduleOf(building);
  if (consensus.kind === "legacy") {
    const proposed = controller.tables.get<Row>("global", "proposed") as unknown as
      | Pick<ProducerSchedule, "producers">
      | undefined;
    return {
      active: scheduleJson(active),
      pending: scheduleJson(consensus.pending.schedule),
      proposed:
        proposed === undefined ? null : scheduleJson({ version: active.version + 1, producers: proposed.producers }),
    };
  }
  const { pending } = consensus;
  return {
    active: scheduleJson(active),
    pending: pending === undefined ? null : scheduleJson(pending.schedule),
    proposed: null,
  };
}

function producersAnswer(node: TestNode, limit: number) {
  const { consensus } = node.controller.head;
  const schedule = consensus.kind === "legacy" ? consensus.active : consensus.active.schedule;
  const rows = schedule.producers.slice(0, limit).map(({ name, authority }) => ({
    owner: name,
    producer_authority: [0, authority],
    url: "",
    total_votes: "0.00000000000000000",
    producer_key: authority.keys[0]?.key ?? "",
  }));
  return { rows, total_producer_vote_weight: "0.00000000000000000", more: "" };
}

function policyJson(policy: FinalizerPolicy | undefined) {
  if (policy === undefined) return null;
  return {
    generation: policy.generation,
    threshold: jsonInteger(policy.threshold),
    finalizers: policy.finalizers.map(({ description, weight, publicKey }) => ({
      description,
      weight: jsonInteger(weight),
      public_key: formatBls("PUB_BLS_", Buffer.from(publicKey, "hex")),
    })),
  };
}

function finalizerAnswer(node: TestNode) {
  const { consensus } = node.controller.head;
  const savanna = consensus.kind === "savanna" ? consensus : undefined;
  return {
    active_finalizer_policy: policyJson(savanna?.finalizers),
    pending_finalizer_policy: policyJson(savanna?.pendingFinalizers?.policy),
    last_tracked_votes: node.trackedVotes.list().map((vote) => ({
      description: vote.description,
      public_key: formatBls("PUB_BLS_", Buffer.from(vote.publicKey, "hex")),
      is_vote_strong: vote.strong,
      finalizer_policy_generation: vote.generation,
      voted_for_block_id: vote.blockId,
      voted_for_block_num: blockNumOf(vote.blockId),
      voted_for_block_timestamp: formatBlockTime(vote.slot),
    })),
  };
}

function featuresAnswer(node: TestNode, limit: number) {
  const active = activeFeatures(node.controller.tables);
  return {
    activated_protocol_features: active.slice(0, limit).map((feature) => ({
      feature_digest: feature.digest,
      activation_ordinal: feature.ordinal,
      activation_block_num: feature.num,
      description_digest: feature.descriptionDigest,
      dependencies: [],
      protocol_feature_type: "builtin",
      specification: [{ name: "builtin_feature_codename", value: feature.codename }],
    })),
    ...(active.length > limit ? { more: limit } : {}),
  };
}

function requireAccount(node: TestNode, name: string, method: string): AccountRow {
  const row = getAccount(node.controller.tables, name);
  if (row === undefined) {
    throw failure(
      "account_query_exception",
      `unable to retrieve account info (unknown key: (0 ${name}))`,
      `${CHAIN_PLUGIN}:${method}`,
    );
  }
  return row;
}

function accountAnswer(node: TestNode, name: string) {
  const row = requireAccount(node, name, "get_account");
  const { head, tables } = node.controller;
  const unlimited = {
    used: -1,
    available: -1,
    max: -1,
    last_usage_update_time: formatBlockTime(head.slot),
    current_used: -1,
  };
  const none = { used: 0, available: 0, max: 0, last_usage_update_time: formatTimePoint(timeOf(0)), current_used: 0 };
  return {
    account_name: name,
    head_block_num: head.num,
    head_block_time: formatBlockTime(head.slot),
    privileged: row.privileged,
    last_code_update: row.codeUpdated === 0 ? formatTimePoint(0) : formatBlockTime(row.codeUpdated),
    created: formatBlockTime(row.created),
    ram_quota: -1,
    net_weight: -1,
    cpu_weight: -1,
    net_limit: unlimited,
    cpu_limit: unlimited,
    ram_usage: 2724 + row.code.length * 5 + row.abi.length / 2,
    permissions: permissionsOf(tables, name).map(([perm_name, { parent, auth }]) => ({
      perm_name,
      parent,
      required_auth: auth,
      linked_actions: [],
    })),
    total_resources: null,
    self_delegated_bandwidth: null,
    refund_request: null,
    voter_info: null,
    rex_info: null,
    subjective_cpu_bill_limit: none,
    eosio_any_linked_actions: [],
  };
}

function abiAnswer(node: TestNode, name: string) {
  requireAccount(node, name, "get_abi");
  const abi = abiOf(node.controller.tables, name)?.abi;
  return { account_name: name, ...(abi === undefined ? {} : { abi }) };
}

function rawAbiAnswer(node: TestNode, name: string) {
  const row = requireAccount(node, name, "get_raw_abi");
  return {
    account_name: name,
    code_hash: hashOrZeros(row),
    abi_hash: "0".repeat(64),
    abi: Buffer.from(row.abi, "hex").toString("base64"),
  };
}

function rawCodeAnswer(node: TestNode, name: string) {
  const row = requireAccount(node, name, "get_raw_code_and_abi");
  const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
  return { account_name: name, wasm: base64(row.code), abi: base64(row.abi) };
}

function codeHashAnswer(node: TestNode, name: string) {
  return { account_name: name, code_hash: hashOrZeros(requireAccount(node, name, "get_code_hash")) };
}

function hashOrZeros(row: AccountRow): string {
  return row.codeHash === "" ? "0".repeat(64) : row.codeHash;
}
