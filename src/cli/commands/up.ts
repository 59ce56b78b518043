/** `atalaya up`: the main job, in the foreground, until Ctrl-C. */
import { relative, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { News } from "../../daemons/news.ts";
import { report } from "../../fleet/report.ts";
import { columns } from "../../kit/columns.ts";
import { EXIT } from "../exit-code.ts";
import { hasColours, paint, print } from "../output.ts";
import { DEFAULT_DATA_DIR, dataOption } from "../source.ts";

interface UpCommandOptions {
  data: string;
  port: number;
  fleet?: string;
  databaseUrl?: string;
  nodeos?: string;
  contracts?: string;
  springUtil?: string;
}

const STOPPING = `
Without options it starts a small chain of six nodes on this machine and watches it: nothing else is needed. All that
it keeps is in the data directory; started again there, it goes on where it was.

Ctrl-C (or SIGTERM) stops everything in order, and it ends with ${EXIT.ok}; a second Ctrl-C stops at once, with ${EXIT.interrupted}.

Examples:
  atalaya up                       a test chain, at http://127.0.0.1:8080
  atalaya up --fleet fleet.yaml    the nodes that this file names
  atalaya up --data /srv/atalaya --port 0`;

const PAGES = new URL("../../../dist/portal", import.meta.url).pathname;
const PROGRAM = new URL("../../../bin/atalaya", import.meta.url).pathname;

export function upCommand(version: string): Command {
  return new Command("up")
    .description("watch a fleet, or a test chain of our own, and show it at http://127.0.0.1:8080")
    .option("--fleet <file>", "fleet file to watch; without it a test chain is started and watched")
    .addOption(dataOption("directory to keep everything in"))
    .option("--port <port>", "port of the portal, on 127.0.0.1; 0 takes a free one", portNumber, 8080)
    .addOption(
      new Option("--database-url <url>", "PostgreSQL to keep the record in, instead of our own")
        .env("DATABASE_URL")
        // a variable that is set to nothing is not set
        .argParser((text) => text || undefined),
    )
    .option("--nodeos <path>", "run the test chain on this nodeos, instead of our stand-in")
    .option("--contracts <dir>", "boot, bios and token contracts for --nodeos: a full schedule and Savanna")
    .option("--spring-util <path>", "makes BLS keys for --nodeos; by default the one beside it")
    .addHelpText("after", STOPPING)
    .action((options: UpCommandOptions, command: Command) => {
      if (options.fleet !== undefined && options.nodeos !== undefined) {
        command.error("error: --fleet watches nodes that run, --nodeos starts some: give one of them");
      }
      if (options.nodeos === undefined && (options.contracts ?? options.springUtil) !== undefined) {
        command.error("error: --contracts and --spring-util are for --nodeos, which is not given");
      }
      return run(options, version);
    });
}

async function run(options: UpCommandOptions, version: string): Promise<void> {
  const { nodeos, contracts, springUtil } = options;
  const printer = new Printer();
  const abort = new AbortController();
  const interrupted = untilInterrupted(abort);
  // loaded when it is needed: completion and help should not wait for it
  const { up } = await import("../../daemons/up.ts");
  const running = await up({
    dataDir: options.data,
    port: options.port,
    fleetFile: options.fleet,
    real: nodeos === undefined ? undefined : { nodeos: resolve(nodeos), contracts, springUtil },
    databaseUrl: options.databaseUrl,
    version,
    pages: PAGES,
    tell: (news) => printer.take(news),
    signal: abort.signal,
  }).catch((thrown: unknown) => {
    printer.end();
    // ended on purpose, before everything was up
    if (abort.signal.aborted) return undefined;
    throw thrown;
  });
  if (running !== undefined) {
    print(welcome(running.portal, options));
    await interrupted;
    printer.take({ kind: "doing", text: "stopping" });
    await running.stop();
  }
  printer.take({ kind: "done", text: "stopped; the next start goes on from here" });
}

/** Under `npm start` one Ctrl-C comes twice: from the terminal, and from npm, which passes it on. */
const SAME_SIGNAL_MS = 500;

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. A second one, later than an echo, ends everything at once. */
function untilInterrupted(abort: AbortController): Promise<void> {
  let first = Number.POSITIVE_INFINITY;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        // what we started ends with us
        if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
        if (abort.signal.aborted) return;
        first = performance.now();
        abort.abort();
        resolve();
      });
    }
  });
}

function welcome(portal: string, { data, fleet }: UpCommandOptions): string {
  const isDemo = fleet === undefined;
  const here = relative(process.cwd(), PROGRAM);
  const program = here.startsWith("..") ? PROGRAM : here;
  const elsewhere = data === DEFAULT_DATA_DIR ? "" : ` --data ${quoted(data)}`;
  const tries = [
    ["status", "heads, pairs and nodes"],
    ["watch", "rounds as they come"],
    ...(isDemo ? [["testchain kill primary", "see what a failure looks like"]] : []),
  ].map(([command = "", meaning = ""]) => [`  ${program} ${command}${elsewhere}`, paint("dim", meaning)]);
  return `
${paint("bold", "Atalaya is up:")} ${paint(["cyan", "underline"], portal)}

In another terminal:
${columns(tries).join("\n")}

Ctrl-C stops everything.
`;
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Steps as lines; on a terminal a step that is under way is one line that changes. */
class Printer {
  private readonly isTerminal = process.stdout.isTTY === true;
  private isOpen = false;
  private last = "";

  take(news: News): void {
    switch (news.kind) {
      case "doing":
        this.doing(news.text);
        return;
      case "done":
        this.line(`${paint("green", "✓")} ${news.text}`);
        return;
      case "note":
        this.line(`${paint("yellow", "•")} ${news.text}`);
        return;
      case "trouble":
        this.end();
        process.stderr.write(report(news.problem, { colour: hasColours(process.stderr) }));
    }
  }

  /** Ends a line that is under way. */
  end(): void {
    if (this.isOpen) process.stdout.write("\n");
    this.isOpen = false;
  }

  private doing(text: string): void {
    if (this.isTerminal) process.stdout.write(`\r\x1b[K${paint("dim", "…")} ${text}`);
    // elsewhere only the first words of a step: its progress would be a line each
    else if (!text.startsWith(this.last.split(":")[0] || "\0")) print(`… ${text}`);
    this.isOpen = this.isTerminal;
    this.last = text;
  }

  private line(text: string): void {
    if (this.isOpen) process.stdout.write("\r\x1b[K");
    this.isOpen = false;
    print(text);
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new InvalidArgumentError("It must be a port, 0 to 65535.");
}
