/** `/v1/chain/*` on what the chain has agreed on: schedule, finalizers, protocol features, limits. */
import { jsonInteger } from "../../../chain/abi/builtin.ts";
import type { FinalizerPolicy } from "../../../chain/block/finality.ts";
import { blockNumOf } from "../../../chain/block/header.ts";
import type { ProducerSchedule } from "../../../chain/block/schedule.ts";
import { formatBls } from "../../../chain/keys/bls.ts";
import { formatBlockTime } from "../../../chain/time.ts";
import { getChainConfig, MAX_ACTION_RETURN_VALUE_SIZE, WASM_CONFIG } from "../chain/chain-config.ts";
import { activeFeatures, digestOf } from "../chain/protocol-features.ts";
import type { Row } from "../chain/tables.ts";
import type { TestNode } from "../node.ts";
import { chainReader } from "./chain-reader.ts";
import { type Body, type Endpoint, numberField } from "./endpoint.ts";

export function consensusApi(node: TestNode): Endpoint[] {
  return [
    chainReader("get_producer_schedule", "none", () => scheduleAnswer(node)),
    chainReader("get_producers", "required", (body) => producersAnswer(node, numberField(body, "limit", 50))),
    chainReader("get_finalizer_info", "none", () => finalizerAnswer(node)),
    chainReader("get_activated_protocol_features", "optional", (body) => featuresAnswer(node, body)),
    chainReader("get_consensus_parameters", "none", () => consensusParameters(node)),
  ];
}

function consensusParameters(node: TestNode) {
  const { tables } = node.controller;
  const has = (codename: string) => activeFeatures(tables).some((feature) => feature.codename === codename);
  return {
    chain_config: {
      ...getChainConfig(tables),
      ...(has("ACTION_RETURN_VALUE") ? { max_action_return_value_size: MAX_ACTION_RETURN_VALUE_SIZE } : {}),
    },
    ...(has("CONFIGURABLE_WASM_LIMITS2") ? { wasm_config: WASM_CONFIG } : {}),
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

function featuresAnswer(node: TestNode, body: Body) {
  const by = body?.search_by_block_num === true ? "num" : "ordinal";
  const [lower, upper] = [numberField(body, "lower_bound", 0), numberField(body, "upper_bound", 0xffff_ffff)];
  const limit = numberField(body, "limit", 10);
  const found = activeFeatures(node.controller.tables).filter((each) => each[by] >= lower && each[by] <= upper);
  if (body?.reverse === true) found.reverse();
  const next = found[limit];
  return {
    activated_protocol_features: found.slice(0, limit).map((feature) => ({
      feature_digest: feature.digest,
      activation_ordinal: feature.ordinal,
      activation_block_num: feature.num,
      description_digest: feature.descriptionDigest,
      dependencies: feature.dependencies.map(digestOf),
      protocol_feature_type: "builtin",
      specification: [{ name: "builtin_feature_codename", value: feature.codename }],
    })),
    ...(next === undefined ? {} : { more: next[by] }),
  };
}
