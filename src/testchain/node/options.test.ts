/** A node's options: nodeos's own files are understood, everything else is refused in a sentence and never in a stack. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ChainFailure } from "./failure.ts";
import { planListeners } from "./http/listeners.ts";
import { Authentication } from "./net/authentication.ts";
import { PeerTable } from "./net/peer-table.ts";
import { EFFECTIVE_OPTIONS, isIgnored, kindOfOption } from "./option-names.ts";
import { OptionsError, type ReadOptions, readOptions } from "./options.ts";
import { readProviders } from "./producer/signature-provider.ts";
import { authenticationOptions, httpSettings, netSettings, producerSettings, runtimeOptions } from "./settings.ts";

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "options-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

function fromFile(text: string, ...argv: string[]): ReadOptions {
  writeFileSync(join(dir, "config.ini"), text);
  return readOptions(["--config-dir", dir, ...argv]);
}

const refusal = (message: RegExp) => (thrown: unknown) => {
  assert.ok(thrown instanceof OptionsError, String(thrown));
  assert.match(thrown.message, message);
  return true;
};

/** Of the kind that producers run: most of what their files carry. */
const PRODUCER_FILE = `# producer
wasm-runtime = eos-vm-jit
eos-vm-oc-enable = auto
chain-state-db-size-mb = 65536
chain-threads = 6
contracts-console = false
abi-serializer-max-time-ms = 2000
http-server-address = 127.0.0.1:8888
http-validate-host = false
http-max-response-time-ms = 100
http-threads = 6
verbose-http-errors = true
access-control-allow-origin = *
access-control-allow-headers = Origin, X-Requested-With, Content-Type, Accept
p2p-listen-endpoint = 0.0.0.0:9876   # behind the firewall
p2p-server-address = p2p.example.org:9876
p2p-max-nodes-per-host = 10
max-clients = 50
net-threads = 4
sync-fetch-span = 1000
agent-name = "EOS Node"
p2p-peer-address = peer1.example.org:9876
p2p-peer-address = peer2.example.org:9876:blk

allowed-connection = any
producer-name = costaricaeos
signature-provider = PUB_K1_x=KEOSD:http://127.0.0.1:8900/sign/a
keosd-provider-timeout = 60
produce-block-offset-ms = 450
max-irreversible-block-age = -1
max-transaction-time = 30
enable-stale-production = false
subjective-cpu-leeway-us = 31000
incoming-transaction-queue-size-mb = 1024
read-mode = head
trace-history = true
state-history-dir = state-history
plugin = eosio::chain_plugin
plugin = eosio::producer_plugin
`;

test("a file of a real producer is read: what counts is honoured, and what has no effect is told", () => {
  const { options, ignored } = fromFile(PRODUCER_FILE);
  const net = netSettings(options);
  assert.deepEqual(net.peers, ["peer1.example.org:9876", "peer2.example.org:9876:blk"]);
  assert.deepEqual(net.listen, ["0.0.0.0:9876"]);
  assert.equal(net.address, "p2p.example.org:9876");
  assert.equal(net.maxClients, 50);
  const http = httpSettings(options);
  assert.equal(http.validateHost, false);
  assert.equal(http.verboseErrors, true);
  assert.equal(http.extraHeaders["access-control-allow-origin"], "*");
  assert.deepEqual(producerSettings(options).producers, ["costaricaeos"]);
  assert.equal(runtimeOptions(options).maxTransactionTime, 30);
  assert.equal(options["keosd-provider-timeout"], 60);
  assert.ok(ignored.includes("wasm-runtime") && ignored.includes("read-mode"));
  const given = new Set(PRODUCER_FILE.split("\n").flatMap((line) => /^([a-z0-9-]+) =/.exec(line)?.[1] ?? []));
  assert.deepEqual(new Set([...Object.keys(options), ...ignored]), new Set([...given, "config-dir"]));
});

test("every option is either acted on somewhere or told to have no effect", () => {
  const here = new URL("./", import.meta.url);
  const code = readdirSync(here, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== "option-names.ts")
    .map((name) => readFileSync(new URL(name, here), "utf8"))
    .join("\n");
  for (const name of Object.keys(EFFECTIVE_OPTIONS)) {
    assert.ok(code.includes(`"${name}"`) || code.includes(`options.${name}`), `nothing reads ${name}`);
    assert.equal(isIgnored(name), false, `${name} is in both lists`);
  }
});

test("an unknown option is refused wherever it stands", () => {
  assert.throws(() => fromFile("producer-nam = a\n"), refusal(/^unrecognised option 'producer-nam'$/));
  assert.throws(() => fromFile("", "--pausse"), refusal(/^unrecognised option 'pausse'$/));
  assert.throws(() => fromFile("", "-z"), refusal(/unrecognised option 'z'/));
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.equal(kindOfOption(name), undefined);
    assert.throws(() => fromFile(`${name} = 1\n`), refusal(/unrecognised/));
  }
});

test("a value of the wrong kind, a missing one, or one too many is refused, and named", () => {
  const cases: [string, string[], RegExp][] = [
    ["max-clients = many", [], /argument \('many'\) for option '--max-clients' is invalid/],
    ["max-clients = 9007199254740993", [], /'--max-clients' is invalid/],
    ["max-clients = 1.5", [], /'--max-clients' is invalid/],
    ["pause-on-startup = perhaps", [], /'--pause-on-startup' is invalid/],
    ["max-clients = 1\nmax-clients = 2", [], /'--max-clients' cannot be specified more than once/],
    ["no equals sign", [], /invalid line 1/],
    ["\n\n= 5", [], /invalid line 3/],
    ["", ["--max-clients"], /required argument for option '--max-clients' is missing/],
    ["", ["-x=true"], /'--pause-on-startup' does not take any arguments/],
    ["", ["stray"], /unexpected argument 'stray'/],
  ];
  for (const [text, argv, message] of cases) assert.throws(() => fromFile(text, ...argv), refusal(message));
});

test("the command line wins over the file, and adds to its lists", () => {
  const text = "max-clients = 1\nproducer-name = a\n";
  const { options } = fromFile(text, "--max-clients", "2", "-p", "b", "-x");
  assert.equal(options["max-clients"], 2);
  assert.deepEqual(options["producer-name"], ["a", "b"]);
  assert.equal(options["pause-on-startup"], true);
});

test("a file that is missing or cannot be read is a sentence", () => {
  assert.throws(() => readOptions(["--config-dir", dir, "-c", "none.ini"]), refusal(/none\.ini missing/));
  mkdirSync(join(dir, "folder.ini"), { recursive: true });
  assert.throws(
    () => readOptions(["--config-dir", dir, "-c", "folder.ini"]),
    refusal(/folder\.ini cannot be read: EISDIR/),
  );
});

test("an interval of nothing is refused, and one beyond what timers count is the longest there is", () => {
  const net = (text: string) => netSettings(fromFile(text).options);
  assert.throws(() => net("p2p-keepalive-interval-ms = 0"), refusal(/must be greater than 0/));
  assert.throws(() => net("connection-cleanup-period = -1"), refusal(/must be greater than 0/));
  assert.equal(net("connection-cleanup-period = 4000000").reconnectMs, 2 ** 31 - 1);
});

const names = [...Object.keys(EFFECTIVE_OPTIONS), "wasm-runtime", "nonsense", ""];
const value = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "",
    "true",
    "off",
    "0",
    "-1",
    "99999999999999999999",
    "::",
    "a:b:c:d",
    "[::1]:1",
    "chain_ro,./x.sock",
  ),
  fc.webUrl(),
  fc.integer().map(String),
);
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => `${name} = ${text}`) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
);

test("whatever is in the file, it is read or refused; nothing else is ever thrown", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      try {
        const { options } = fromFile(lines.join("\n"));
        producerSettings(options);
        runtimeOptions(options);
        planListeners(httpSettings(options));
        const providers = readProviders(options["signature-provider"] ?? [], options["keosd-provider-timeout"]);
        new Authentication(authenticationOptions(options), providers.blocks.keys());
        new PeerTable(netSettings(options), { write() {} }, () => assert.fail("nobody connects"));
        read += 1;
      } catch (thrown) {
        const told = thrown instanceof OptionsError || (thrown instanceof ChainFailure && thrown.code !== 0);
        assert.ok(told, `${lines.join("\n")}\n${(thrown as Error).stack}`);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(read > 50, `${read} of the files were good`);
});
