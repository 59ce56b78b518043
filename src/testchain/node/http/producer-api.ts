/** `/v1/producer/*`: pause and resume, runtime options, snapshots, protocol features. No authentication, as in nodeos. */
import { sha256 } from "../../../chain/hash.ts";
import { formatTimePoint } from "../../../chain/time.ts";
import { digestOf, PROTOCOL_FEATURES, validateFeatures } from "../chain/protocol-features.ts";
import { failure } from "../failure.ts";
import { PRIORITY } from "../main-thread.ts";
import type { TestNode } from "../node.ts";
import { checkOffset } from "../producer/runtime-options.ts";
import { offsetReadBack } from "../producer/timing.ts";
import { type Body, type Endpoint, invalid, numberField, optionalText } from "./endpoint.ts";

const OK = { result: "ok" };

export function producerApi(node: TestNode): Endpoint[] {
  const endpoint = (
    name: string,
    category: Endpoint["category"],
    body: Endpoint["body"],
    handle: Endpoint["handle"],
  ): Endpoint => ({
    path: `/v1/producer/${name}`,
    category,
    status: 201,
    body,
    priority: PRIORITY.mediumHigh,
    handle,
  });
  const ok = (work: (body: Body) => void) => (body: Body) => {
    work(body);
    return OK;
  };
  const lists = new NameLists();
  return [
    endpoint("paused", "producer_ro", "none", () => node.producer.isPaused),
    endpoint(
      "pause",
      "producer_rw",
      "none",
      ok(() => node.producer.pause()),
    ),
    endpoint(
      "resume",
      "producer_rw",
      "none",
      ok(() => node.producer.resume()),
    ),
    endpoint(
      "pause_at_block",
      "producer_rw",
      "required",
      ok((body) => pauseAtBlock(node, body)),
    ),
    endpoint("get_runtime_options", "producer_ro", "none", () => runtimeOptions(node)),
    endpoint(
      "update_runtime_options",
      "producer_rw",
      "required",
      ok((body) => updateRuntimeOptions(node, body)),
    ),
    endpoint("get_greylist", "producer_ro", "none", () => ({ accounts: lists.greylist() })),
    endpoint(
      "add_greylist_accounts",
      "producer_rw",
      "required",
      ok((body) => lists.changeGreylist(body, true)),
    ),
    endpoint(
      "remove_greylist_accounts",
      "producer_rw",
      "required",
      ok((body) => lists.changeGreylist(body, false)),
    ),
    endpoint("get_whitelist_blacklist", "producer_ro", "none", () => lists.all()),
    endpoint(
      "set_whitelist_blacklist",
      "producer_rw",
      "required",
      ok((body) => lists.set(body)),
    ),
    endpoint("get_integrity_hash", "producer_rw", "none", () => node.producer.interrupted(() => integrityHash(node))),
    endpoint("create_snapshot", "snapshot", "none", () => node.producer.interrupted(() => node.snapshots.create())),
    endpoint("schedule_snapshot", "snapshot", "optional", (body) => scheduleSnapshot(node, body)),
    endpoint("unschedule_snapshot", "snapshot", "required", (body) =>
      node.snapshotSchedule.remove(numberField(body, "snapshot_request_id", -1)),
    ),
    endpoint("get_snapshot_requests", "producer_ro", "none", () => ({
      snapshot_requests: node.snapshotSchedule.requests.map((request) => ({
        ...request,
        pending_snapshots: node.snapshots.pendingOf(request.snapshot_request_id),
      })),
    })),
    endpoint("get_scheduled_protocol_feature_activations", "producer_ro", "none", () => ({
      protocol_features_to_activate: node.producer.featuresToActivate,
    })),
    endpoint(
      "schedule_protocol_feature_activations",
      "producer_rw",
      "required",
      ok((body) => scheduleFeatures(node, body)),
    ),
    endpoint("get_supported_protocol_features", "producer_ro", "optional", () => supportedFeatures()),
    endpoint("get_account_ram_corrections", "producer_ro", "required", () => ({ rows: [] })),
    {
      ...endpoint("get_unapplied_transactions", "producer_ro", "optional", (body) => unapplied(node, body)),
      status: 200,
    },
  ];
}

function pauseAtBlock(node: TestNode, body: Body): void {
  const num = numberField(body, "block_num", 0);
  const head = node.controller.head.num;
  if (num !== 0 && num <= head) {
    throw failure(
      "pause_at_block_exception",
      `Pause at block ${num} <= current head block ${head}`,
      "producer_plugin.cpp:pause_at_block",
    );
  }
  node.producer.pauseAtBlock(num);
}

function runtimeOptions({ runtime }: TestNode) {
  const { subjectiveCpuLeewayUs } = runtime;
  return {
    max_transaction_time: runtime.maxTransactionTime,
    max_irreversible_block_age: runtime.maxIrreversibleAgeSec,
    produce_block_offset_ms: offsetReadBack(runtime.offsetMs),
    ...(subjectiveCpuLeewayUs === undefined ? {} : { subjective_cpu_leeway_us: subjectiveCpuLeewayUs }),
    greylist_limit: runtime.greylistLimit,
  };
}

function updateRuntimeOptions({ runtime }: TestNode, body: Body): void {
  const offsetMs = numberField(body, "produce_block_offset_ms", runtime.offsetMs);
  checkOffset(offsetMs);
  runtime.offsetMs = offsetMs;
  runtime.maxTransactionTime = numberField(body, "max_transaction_time", runtime.maxTransactionTime);
  runtime.maxIrreversibleAgeSec = numberField(body, "max_irreversible_block_age", runtime.maxIrreversibleAgeSec);
  runtime.greylistLimit = numberField(body, "greylist_limit", runtime.greylistLimit);
  const leeway = body?.subjective_cpu_leeway_us;
  if (leeway !== undefined) runtime.subjectiveCpuLeewayUs = numberField(body, "subjective_cpu_leeway_us", 0);
}

function scheduleSnapshot(node: TestNode, body: Body) {
  const number = (field: string) => {
    const given = body?.[field];
    return given === undefined || given === null ? {} : { [field]: numberField(body, field, 0) };
  };
  const wanted = {
    ...number("block_spacing"),
    ...number("start_block_num"),
    ...number("end_block_num"),
    snapshot_description: optionalText(body, "snapshot_description") ?? "",
  };
  return node.snapshotSchedule.add(wanted, node.controller.head.num);
}

function integrityHash(node: TestNode) {
  const { head, tables } = node.controller;
  const hash = sha256(Buffer.from(JSON.stringify(tables.dump()))).toString("hex");
  return { head_block_id: head.id, integrity_hash: hash };
}

function scheduleFeatures(node: TestNode, body: Body): void {
  const given = body?.protocol_features_to_activate;
  if (!Array.isArray(given)) throw invalid("Unable to parse valid input from POST body");
  const digests = given.map(String);
  if (new Set(digests).size !== digests.length) {
    throw failure(
      "invalid_protocol_features_to_activate",
      "duplicate digest",
      "producer_plugin.cpp:schedule_protocol_feature_activations",
    );
  }
  validateFeatures(node.controller.tables, digests);
  node.producer.featuresToActivate = digests;
}

function supportedFeatures() {
  return PROTOCOL_FEATURES.map((feature) => ({
    feature_digest: feature.digest,
    subjective_restrictions: {
      enabled: true,
      preactivation_required: feature.preactivation,
      earliest_allowed_activation_time: formatTimePoint(0),
    },
    description_digest: feature.descriptionDigest,
    dependencies: feature.dependencies.map(digestOf),
    protocol_feature_type: "builtin",
    specification: [{ name: "builtin_feature_codename", value: feature.codename }],
  }));
}

function unapplied(node: TestNode, body: Body) {
  const all = node.queue.list();
  const limit = numberField(body, "limit", 100);
  const lower = optionalText(body, "lower_bound") ?? "";
  const from = lower === "" ? 0 : all.findIndex(({ incoming }) => incoming.id === lower);
  const shown = from < 0 ? [] : all.slice(from, from + limit);
  return {
    size: all.length,
    incoming_size: 0,
    trxs: shown.map(({ incoming, origin }) => ({
      trx_id: incoming.id,
      expiration: formatTimePoint(incoming.transaction.expiration * 1000).slice(0, 19),
      trx_type: origin,
      first_auth: incoming.transaction.actions[0]?.authorization[0]?.actor ?? "",
      first_receiver: incoming.transaction.actions[0]?.account ?? "",
      first_action: incoming.transaction.actions[0]?.name ?? "",
      total_actions: incoming.transaction.actions.length,
      billed_cpu_time_us: 0,
      size: incoming.packed.packedTrx.length,
    })),
    more: from < 0 ? "" : (all[from + limit]?.incoming.id ?? ""),
  };
}

/** Grey-, white- and blacklists: kept and shown, without effect on a chain without resource limits. */
class NameLists {
  private readonly grey = new Set<string>();
  private lists: Record<string, unknown> = {
    actor_whitelist: [],
    actor_blacklist: [],
    contract_whitelist: [],
    contract_blacklist: [],
    action_blacklist: [],
    key_blacklist: [],
  };

  greylist(): string[] {
    return [...this.grey].sort();
  }

  changeGreylist(body: Body, add: boolean): void {
    const accounts = body?.accounts;
    if (!Array.isArray(accounts) || accounts.length === 0) throw invalid("At least one account is required");
    for (const account of accounts.map(String)) {
      if (add) this.grey.add(account);
      else this.grey.delete(account);
    }
  }

  all(): object {
    return this.lists;
  }

  set(body: Body): void {
    const known = Object.entries(body ?? {}).filter(([name, list]) => name in this.lists && Array.isArray(list));
    if (known.length === 0) throw invalid("At least one of actor_whitelist, actor_blacklist, … is required");
    this.lists = { ...this.lists, ...Object.fromEntries(known) };
  }
}
