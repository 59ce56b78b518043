/**
 * A node of the test chain as a process: takes nodeos's options, behaves as nodeos toward everything around
 * it, ends with nodeos's exit codes (0 stopped, 2 dirty database, 255 could not start, 254 anything else).
 */
import { messageOf } from "../../kit/problem.ts";
import { StartFailure } from "./chain/store.ts";
import { ChainFailure } from "./failure.ts";
import { nodeLog } from "./log.ts";
import { TestNode } from "./node.ts";
import { OptionsError, readOptions } from "./options.ts";

const log = nodeLog(Date.now);

function die(thrown: unknown): never {
  log.write("error", "nodeos", "main.cpp:main", messageOf(thrown));
  if (thrown instanceof StartFailure) process.exit(thrown.exitCode);
  const configuration = thrown instanceof ChainFailure && thrown.name === "plugin_config_exception";
  process.exit(thrown instanceof OptionsError || configuration ? 255 : 254);
}

async function main(): Promise<void> {
  log.write("info", "nodeos", "main.cpp:158:main", "nodeos started");
  const { options, ignored } = readOptions(process.argv.slice(2));
  if (ignored.length > 0) log.write("info", "nodeos", "main.cpp:main", `taken without effect: ${ignored.join(", ")}`);
  const node = new TestNode(options, die);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    node.stop();
    log.write("info", "nodeos", "main.cpp:main", "nodeos successfully exiting");
    process.exit(0);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // started by a parent over a channel: when it goes, so do we, however it went
  process.on("disconnect", stop);
  await node.start();
}

process.on("uncaughtException", die);
main().catch(die);
