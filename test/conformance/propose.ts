/** What only `eosio` may ask of a booted chain: other finalizers, another schedule. */

import type { Json } from "../../src/chain/abi/builtin.ts";
import { AbiSerializer } from "../../src/chain/abi/serializer.ts";
import { slotOf } from "../../src/chain/time.ts";
import { finalityThreshold } from "../../src/testchain/network/boot-steps.ts";
import { contractsOf } from "../../src/testchain/network/programs.ts";
import { finalizerName } from "../../src/testchain/network/spec.ts";
import { programs, type Rig } from "./rig.ts";

async function asEosio(rig: Rig, node: string, name: string, data: Json): Promise<{ slot: number }> {
  const bios = contractsOf(programs)?.bios;
  if (bios === undefined) throw new Error("there is no bios contract");
  const before = await rig.info(node);
  await rig.transactor(node).send([
    {
      account: "eosio",
      name,
      authorization: [{ actor: "eosio", permission: "active" }],
      data: new AbiSerializer(bios.abi).encodeAction(name, data),
    },
  ]);
  return { slot: slotOf(before.head_block_time) };
}

/** The finalizers of these nodes, one vote each; the slot of the head before it was sent. */
export function proposeFinalizers(rig: Rig, node: string, names: readonly string[]): Promise<{ slot: number }> {
  const finalizers = names.map((name) => {
    const spec = rig.network.spec.nodes.find((each) => each.name === name);
    const key = rig.network.finalizerKey(name);
    const description = spec === undefined ? name : finalizerName(spec);
    return { description, weight: 1, public_key: key.publicKey, pop: key.proof };
  });
  const policy = { threshold: finalityThreshold(names.length), finalizers };
  return asEosio(rig, node, "setfinalizer", { finalizer_policy: policy });
}

/** These producers, each with its own key; the slot of the head before it was sent. */
export function proposeSchedule(rig: Rig, node: string, names: readonly string[]): Promise<{ slot: number }> {
  const schedule = names.map((producer_name) => ({
    producer_name,
    authority: [
      "block_signing_authority_v0",
      { threshold: 1, keys: [{ key: rig.network.key(producer_name).publicKey, weight: 1 }] },
    ],
  }));
  return asEosio(rig, node, "setprods", { schedule });
}
