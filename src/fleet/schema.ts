/**
 * The fleet file's schema: the one declared truth of a block producer's operation. Types, the JSON Schema for
 * editors and the reference in docs/fleet.md all come from it, so a key is described here and nowhere else.
 *
 * A Fleet is a frozen value; what a node is doing right now lives elsewhere. What the schema cannot say,
 * because it concerns two places at once, is in check.ts.
 */
import * as v from "valibot";
import { hardware } from "./hardware.ts";
import {
  account,
  apiUrl,
  chainId,
  contact,
  country,
  domain,
  email,
  finalizerKey,
  hostname,
  machineAddress,
  nameOf,
  ownName,
  peerAddress,
  personalEmail,
  publicKey,
  secret,
  servedNode,
  webUrl,
  words,
} from "./text-form.ts";

/** Roles of nodes that follow a chain, and what each is for. */
export const CHAIN_ROLES = {
  producer: "signs blocks; takes no connection from strangers and has no public name",
  relay: "stands between the producers and the network",
  seed: "takes p2p connections from anyone",
  api: "answers applications over HTTP",
  query: "feeds the indexes and answers queries",
  testnet: "follows a test network, for software, procedures and training",
} as const;
/** Every role. A storage node follows no chain. */
export const ROLES = { ...CHAIN_ROLES, storage: "keeps and serves IPFS content" } as const;
export type ChainRole = keyof typeof CHAIN_ROLES;
export type Role = keyof typeof ROLES;

/** What people are responsible for. */
export const DUTIES = {
  operations: "runs the machines",
  "on-call": "is woken when something breaks",
  security: "answers for security",
  communications: "speaks to the community",
  support: "answers applications and token holders",
  audits: "works with auditors and publishes their results",
} as const;
export type Duty = keyof typeof DUTIES;

export const CHAIN_KINDS = ["mainnet", "testnet"] as const;
export const SITE_STATUSES = ["planned", "building", "live"] as const;
export const NODE_STATUSES = ["planned", "live"] as const;

const list = <Item extends v.GenericSchema>(item: Item, of: string) => v.array(item, `a list of ${of}`);
const mapping = <Entries extends v.ObjectEntries>(entries: Entries) => v.strictObject(entries, "a mapping");
const keysOf = <Key extends string>(record: Readonly<Record<Key, string>>) => Object.keys(record) as Key[];
const meanings = (record: Readonly<Record<string, string>>) =>
  Object.entries(record)
    .map(([word, meaning]) => `\`${word}\` ${meaning}`)
    .join("; ");

const organisation = mapping({
  name: v.pipe(words, v.description("Name that people know the block producer by."), v.examples(["EOS Costa Rica"])),
  legalName: v.optional(v.pipe(words, v.description("Name in the company register."))),
  domain: v.pipe(
    domain,
    v.description("Domain it owns; every public host name is under it."),
    v.examples(["eosio.cr"]),
  ),
  website: v.optional(v.pipe(webUrl, v.description("Its web site."))),
  email: v.optional(v.pipe(email, v.description("Public address for questions and feedback."))),
  social: v.optional(
    v.pipe(
      list(webUrl, "addresses on the web"),
      v.description("Its pages elsewhere."),
      v.examples([["https://t.me/eoscostarica"]]),
    ),
    () => [],
  ),
});

const chain = mapping({
  name: v.pipe(ownName, v.description("Its name in this file."), v.examples(["eos"])),
  id: v.pipe(chainId, v.description("Chain id. A node that answers another one is on the wrong chain.")),
  kind: v.pipe(v.picklist(CHAIN_KINDS), v.description("`mainnet` carries value, `testnet` does not.")),
  account: v.optional(
    v.pipe(
      account,
      v.description("Account that produces blocks there. Needed where a node of this chain is a producer."),
      v.examples(["costaricaeos"]),
    ),
  ),
});

const ROLLOUT = "a whole number from 1 up";
const site = mapping({
  name: v.pipe(ownName, v.description("Its name in this file."), v.examples(["san-jose"])),
  country: v.pipe(country, v.description("Country, ISO 3166-1 alpha-2."), v.examples(["CR"])),
  city: v.optional(v.pipe(words, v.description("City."))),
  rollout: v.pipe(
    v.number(ROLLOUT),
    v.integer(ROLLOUT),
    v.minValue(1, ROLLOUT),
    v.description("Its place in the order of roll-out: 1, 2, 3 …, each once."),
  ),
  status: v.pipe(
    v.picklist(SITE_STATUSES),
    v.description("How far it is. Only `live` and `building` sites have live nodes."),
  ),
  caretaker: v.optional(v.pipe(nameOf("a person"), v.description("Who can go there and touch the machines."))),
});

const host = mapping({
  name: v.pipe(ownName, v.description("Its name in this file."), v.examples(["sj-producer-1"])),
  site: v.pipe(nameOf("a site"), v.description("Where it stands.")),
  address: v.optional(
    v.pipe(
      machineAddress,
      v.description("Where our own machines reach it, best inside a private mesh."),
      v.examples(["10.77.0.11"]),
    ),
  ),
  hardware: v.optional(hardware("What it has today.")),
  planned: v.optional(hardware("What it is to have: the scaling plan.")),
});

const nodeName = v.pipe(ownName, v.description("Its name in this file."), v.examples(["bp-a"]));
const anyNode = {
  host: v.pipe(nameOf("a host"), v.description("The machine it runs on.")),
  status: v.optional(
    v.pipe(v.picklist(NODE_STATUSES), v.description("A `planned` node is shown, not watched.")),
    "live",
  ),
};
const anyChainNode = {
  chain: v.pipe(nameOf("a chain"), v.description("The chain it follows.")),
  http: v.optional(
    v.pipe(
      apiUrl,
      v.description("nodeos's HTTP API. A node without any address is declared but cannot be watched."),
      v.examples(["http://10.77.0.11:8888", "unix:/run/nodeos/api.sock"]),
    ),
  ),
  producerApi: v.optional(
    v.pipe(apiUrl, v.description("Listener of `producer_ro` and `producer_rw`, where it is not the one of `http`.")),
  ),
  p2p: v.optional(v.pipe(peerAddress, v.description("Where it takes peers."), v.examples(["10.77.0.11:9876"]))),
};

const rolesMean = (roles: readonly Role[]) =>
  `What it is for: ${meanings(Object.fromEntries(roles.map((role) => [role, ROLES[role]])))}.`;
const producerNode = mapping({
  name: nodeName,
  role: v.pipe(v.literal("producer"), v.description(rolesMean(["producer"]))),
  ...anyNode,
  ...anyChainNode,
  signing: v.optional(
    v.pipe(
      mapping({
        publicKey: v.optional(v.pipe(publicKey, v.description("The key as the chain knows it."))),
        privateKey: v.optional(
          v.pipe(
            secret,
            v.description("Where its signer finds the private key."),
            v.examples(["file:/etc/atalaya/signing.key"]),
          ),
        ),
      }),
      v.description("The key it signs blocks with. Give each producer its own, so that none is ever copied."),
    ),
  ),
  finalizerKey: v.optional(
    v.pipe(finalizerKey, v.description("The public key it votes for finality with. Never the same on two nodes.")),
  ),
});
const CHAIN_ROLES_BUT_PRODUCER = keysOf(CHAIN_ROLES).filter((role) => role !== "producer");
const chainNode = mapping({
  name: nodeName,
  role: v.pipe(v.picklist(CHAIN_ROLES_BUT_PRODUCER), v.description(rolesMean(CHAIN_ROLES_BUT_PRODUCER))),
  ...anyNode,
  ...anyChainNode,
});
const storageNode = mapping({
  name: nodeName,
  role: v.pipe(v.literal("storage"), v.description(rolesMean(["storage"]))),
  ...anyNode,
  http: v.optional(v.pipe(apiUrl, v.description("Kubo's RPC API."), v.examples(["http://10.77.0.41:5001"]))),
});

const peer = mapping({
  name: v.pipe(ownName, v.description("Its name in this file, unlike any node's."), v.examples(["greatproducer"])),
  chain: v.pipe(nameOf("a chain"), v.description("The chain it follows.")),
  http: v.optional(v.pipe(apiUrl, v.description("Its public HTTP API."), v.examples(["https://eos.example.net"]))),
  p2p: v.optional(v.pipe(peerAddress, v.description("Where it takes peers."), v.examples(["p2p.example.net:9876"]))),
});

const pair = mapping({
  name: v.pipe(ownName, v.description("Its name in this file."), v.examples(["eos-pair"])),
  chain: v.pipe(nameOf("a chain"), v.description("The chain it produces on.")),
  account: v.optional(v.pipe(account, v.description("Account it produces for. Left out: the chain's."))),
  primary: v.pipe(nameOf("a producer node"), v.description("The producer that signs when both can.")),
  secondary: v.pipe(nameOf("a producer node"), v.description("The producer that takes over. On another host.")),
});

const publicName = mapping({
  name: v.pipe(hostname, v.description("Full name, under the organisation's domain."), v.examples(["api.eosio.cr"])),
  serves: v.pipe(
    list(servedNode, "nodes"),
    v.minLength(1, "a list of nodes, at least one"),
    v.description("Nodes it leads to, by name or by role. Never a producer."),
    v.examples([["role:api"], ["api-1", "api-2"]]),
  ),
});

const person = mapping({
  name: v.pipe(ownName, v.description("Name in this file."), v.examples(["alice"])),
  fullName: v.optional(v.pipe(words, v.description("Name to be shown."))),
  contacts: v.optional(
    v.pipe(
      mapping({
        email: v.optional(v.pipe(personalEmail, v.description("For what can wait until the morning."))),
        phone: v.optional(
          v.pipe(
            secret,
            v.description("For calls and SMS. Private, so by reference."),
            v.examples(["env:PHONE_ALICE"]),
          ),
        ),
        telegram: v.optional(
          v.pipe(contact("a Telegram user like @alice", "^@[A-Za-z0-9_]{4,32}$"), v.description("Telegram user.")),
        ),
        matrix: v.optional(
          v.pipe(
            contact("a Matrix user like @alice:example.org", "^@[a-z0-9._=/+-]+:[a-z0-9.-]+$"),
            v.description("Matrix user."),
          ),
        ),
      }),
      v.description("How to reach them."),
    ),
  ),
  duties: v.pipe(
    list(v.picklist(keysOf(DUTIES)), "duties"),
    v.description(`What they answer for: ${meanings(DUTIES)}.`),
  ),
});

const some = <Item extends v.GenericSchema>(item: Item, of: string) =>
  v.pipe(list(item, of), v.minLength(1, `a list of ${of}, at least one`));

/** The file as it is written. */
export const fleetSchema = mapping({
  organisation: v.pipe(organisation, v.description("Who runs this fleet.")),
  chains: v.pipe(some(chain, "chains"), v.description("Blockchains that its nodes follow.")),
  sites: v.pipe(some(site, "sites"), v.description("Places where its machines stand.")),
  hosts: v.pipe(some(host, "hosts"), v.description("Machines.")),
  nodes: v.pipe(
    some(v.variant("role", [producerNode, chainNode, storageNode], "a mapping"), "nodes"),
    v.description("Programs that run on the hosts, each with a role."),
  ),
  peers: v.optional(
    v.pipe(
      list(peer, "peers"),
      v.description(
        "Nodes of others, watched from outside beside our own: the more observers are independent, the surer what is said of missed blocks.",
      ),
    ),
    () => [],
  ),
  pairs: v.optional(
    v.pipe(
      list(pair, "pairs"),
      v.description(
        "Which two producers replace each other. Producers of one account must be a pair, or they might sign the same block twice.",
      ),
    ),
    () => [],
  ),
  hostnames: v.optional(
    v.pipe(list(publicName, "hostnames"), v.description("Public names and the nodes behind them.")),
    () => [],
  ),
  people: v.optional(v.pipe(list(person, "people"), v.description("Staff and their duties.")), () => []),
});

/** The value of a well-formed file, before defaults that depend on other places are filled in. */
export type DeclaredFleet = v.InferOutput<typeof fleetSchema>;

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
type Declared<Section extends "chains" | "sites" | "hosts" | "nodes" | "peers" | "pairs" | "hostnames" | "people"> =
  DeclaredFleet[Section][number];

export type Organisation = Frozen<DeclaredFleet["organisation"]>;
export type Chain = Frozen<Declared<"chains">>;
export type Site = Frozen<Declared<"sites">>;
export type Host = Frozen<Declared<"hosts">>;
export type Hardware = NonNullable<Host["hardware"]>;
export type FleetNode = Frozen<Declared<"nodes">>;
/** A node that follows a chain. */
export type ChainNode = Extract<FleetNode, { chain: string }>;
export type ProducerNode = Extract<FleetNode, { role: "producer" }>;
export type StorageNode = Extract<FleetNode, { role: "storage" }>;
/** A node of somebody else. */
export type Peer = Frozen<Declared<"peers">>;
/** `account` is filled in from the chain. */
export type Pair = Frozen<Declared<"pairs"> & { account: string }>;
/** `serves` holds names of nodes; roles are resolved, planned nodes included. */
export type Hostname = Frozen<Declared<"hostnames">>;
export type Person = Frozen<Declared<"people">>;

/** The declared operation: checked, completed and frozen. */
export type Fleet = Omit<Frozen<DeclaredFleet>, "pairs"> & { readonly pairs: readonly Pair[] };
