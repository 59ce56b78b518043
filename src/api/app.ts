/**
 * The HTTP API and the portal's pages, for anyone to read: nothing here changes anything. Errors are JSON,
 * `{ error: { code, message, expected?, help? } }`.
 */
import { serveStatic } from "@hono/node-server/serve-static";
import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import { secureHeaders } from "hono/secure-headers";
import * as v from "valibot";
import { Problem } from "../kit/problem.ts";
import type { WatchTarget } from "../watch/target.ts";
import type { Board } from "./board.ts";
import { EventStreams } from "./events.ts";
import type { Past } from "./past.ts";
import { broken, noSuchEndpoint, Refusal, readOnly, refuse, strangeHost, unknownChain } from "./refusal.ts";

export interface AppFacts {
  board: Board;
  targets: readonly WatchTarget[];
  past: Past;
  /** Hears of what should not have happened. */
  complain: (thrown: unknown) => void;
  /** Directory of the built portal. */
  pages: string;
  /** Host names that requests may be addressed to: others come by way of a stranger's page (DNS rebinding). */
  hosts: readonly string[];
}

const DAY_HOURS = 24;
const YEAR_HOURS = 366 * DAY_HOURS;

const wholeNumber = (from: number, to: number) =>
  v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.toNumber(), v.minValue(from), v.maxValue(to));

const roundsQuery = v.strictObject({
  chain: v.optional(v.string()),
  producer: v.optional(v.pipe(v.string(), v.regex(/^[a-z1-5.]{1,13}$/, "an account name"))),
  before: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
  limit: v.optional(wholeNumber(1, 1000), "100"),
});
const producersQuery = v.strictObject({
  chain: v.optional(v.string()),
  hours: v.optional(wholeNumber(1, YEAR_HOURS), String(DAY_HOURS)),
});

export function makeApp(facts: AppFacts): { app: Hono; streams: EventStreams } {
  const app = new Hono();
  const streams = new EventStreams(facts.board);
  app.use(secureHeaders(HEADERS));
  app.use(async (context, next) => {
    if (!facts.hosts.includes(hostOf(context))) throw strangeHost();
    if (!["GET", "HEAD"].includes(context.req.method)) throw readOnly();
    await next();
  });
  app.get("/api/events", (context) => streams.open(context));
  app.use(compress());
  app.use("/api/*", async (context, next) => {
    await next();
    context.header("Cache-Control", "no-store");
  });
  app.get("/api/state", (context) => context.json(facts.board.state()));
  app.get("/api/rounds", async (context) => {
    const { chain, ...query } = parse(roundsQuery, context);
    return context.json(await facts.past.rounds(targetOf(facts, chain), query));
  });
  app.get("/api/producers", async (context) => {
    const { chain, hours } = parse(producersQuery, context);
    return context.json(await facts.past.producers(targetOf(facts, chain), hours));
  });
  app.all("/api/*", () => {
    throw noSuchEndpoint();
  });
  app.use("/assets/*", async (context, next) => {
    await next();
    // their names change with their content
    if (context.res.ok) context.header("Cache-Control", "public, max-age=31536000, immutable");
  });
  app.use(async (context, next) => {
    await next();
    // a page names the assets it was built with: an old one must not be kept
    if (!context.res.headers.has("Cache-Control")) context.header("Cache-Control", "no-cache");
  });
  app.use(serveStatic({ root: facts.pages }));
  app.notFound((context) => context.text("there is no such page; the portal is at /", 404));
  app.onError((thrown, context) => {
    if (thrown instanceof Refusal) return refuse(context, thrown.status, thrown);
    if (thrown instanceof Problem) return refuse(context, 503, thrown);
    facts.complain(thrown);
    return refuse(context, 500, broken());
  });
  return { app, streams };
}

const HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: "no-referrer",
  // whoever ends TLS in front of us knows whether all of the domain has it; we do not
  strictTransportSecurity: false,
};

function hostOf(context: Context): string {
  return new URL(context.req.url).hostname;
}

function parse<Schema extends v.GenericSchema>(schema: Schema, context: Context): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, context.req.query());
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const key = String(issue.path?.[0]?.key ?? "query");
  throw new Refusal(400, {
    code: "API_BAD_QUERY",
    message: `\`${key}\` is not understood`,
    expected: issue.expected ?? issue.message,
  });
}

function targetOf({ targets }: AppFacts, name: string | undefined): WatchTarget {
  const target = name === undefined ? targets[0] : targets.find(({ chain }) => chain === name);
  if (target !== undefined) return target;
  throw unknownChain(targets.map(({ chain }) => chain));
}
