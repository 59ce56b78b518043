/**
 * nodeos's client for a remote signer, with its habits: one connection kept alive and never checked, one
 * deadline over connect, send and answer, no retry. A signer that closed the connection in the meantime
 * therefore costs the next signature.
 *
 * Requests as recorded on the wire: `POST <path>`, no Connection header, body `["<digest>","<key>"]`.
 */
import { Agent, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import * as v from "valibot";
import { errorBodySchema } from "../../../chain/http/errors.ts";
import { parseSignature } from "../../../chain/keys/text.ts";
import { ChainFailure, detail, failure } from "../failure.ts";
import { hangsNodeos, type KeosdTarget, parseKeosdUrl } from "./keosd-url.ts";

const LOST_AT = "http_client.cpp:294:post_sync";
const AT = "http_client.cpp:315:post_sync";

export class KeosdClient {
  private readonly url: string;
  private readonly timeoutMs: number;
  private readonly target: KeosdTarget;
  /** A unix socket is looked for once. */
  private found = false;
  private idle: Connection | undefined;

  constructor(url: string, timeoutMs: number) {
    this.url = url;
    this.timeoutMs = timeoutMs;
    this.target = parseKeosdUrl(url);
  }

  /** The signature, a `SIG_K1_…` string. Throws the failure that nodeos would log. Never settles where nodeos hangs. */
  async sign(digest: Buffer, publicKey: string): Promise<string> {
    if (!this.found && hangsNodeos(this.target)) return new Promise(() => {});
    this.found = true;
    const body = JSON.stringify([digest.toString("hex"), publicKey]);
    const { status, text } = await this.exchange(this.target, body);
    if (status === 404) throw failure("assert_exception", `URL not found: ${this.url}`, AT);
    const answer = parse(text);
    if (status === 500) throw refusal(answer);
    return readSignature(answer);
  }

  private exchange(target: KeosdTarget, body: string): Promise<{ status: number; text: string }> {
    const reused = this.idle;
    this.idle = undefined;
    // nodeos finds out only by using it
    if (reused !== undefined && (reused.socket.destroyed || reused.socket.readableEnded)) {
      return Promise.reject(lost("read response", "end of stream"));
    }
    const connection = reused ?? connectTo(target);
    let step = reused === undefined ? "connect" : "send request";
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        connection.socket.destroy();
        reject(lost(step, why));
      };
      const timer = this.timeoutMs < 0 ? undefined : setTimeout(() => fail("Connection timed out"), this.timeoutMs);
      connection.socket.once("connect", () => (step = "send request"));
      const outgoing = request({
        method: "POST",
        path: target.path,
        agent: connection.agent,
        headers: headersFor(target, body),
      });
      outgoing.removeHeader("Connection");
      outgoing.once("finish", () => (step = "read response"));
      outgoing.once("error", (error: NodeJS.ErrnoException) => fail(reason(error)));
      outgoing.once("response", (response) => {
        collect(response).then(
          (text) => {
            clearTimeout(timer);
            if (keepsAlive(response)) this.idle = connection;
            else connection.socket.destroy();
            resolve({ status: response.statusCode ?? 0, text });
          },
          () => fail("partial message"),
        );
      });
      outgoing.end(body);
    });
  }
}

/** One socket, with an agent that knows no other. */
interface Connection {
  socket: Socket;
  agent: Agent;
}

function connectTo(target: KeosdTarget): Connection {
  const socket = connect(target.address);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  return { socket, agent };
}

function headersFor(target: KeosdTarget, body: string): Record<string, string | number> {
  return {
    Host: target.hostHeader,
    "User-Agent": "Boost.Beast/347",
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  };
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function lost(step: string, why: string): ChainFailure {
  return failure("assert_exception", `!ec: Failed to ${step}: ${why}`, LOST_AT);
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "Connection refused";
  if (error.code?.startsWith("HPE_")) return "bad version";
  if (error.code === "ECONNRESET" || error.message === "socket hang up") return "end of stream";
  return error.message;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** nodeos turns any scalar into a string and reads that; what was not JSON counts as null, an empty string. */
function readSignature(answer: unknown): string {
  if (typeof answer === "object" && answer !== null) {
    const type = Array.isArray(answer) ? "array_type" : "object_type";
    throw failure("bad_cast_exception", `Invalid cast from ${type} to string`, "variant.cpp:as_string");
  }
  const text = String(answer ?? "");
  const at = "common.hpp:parse_base58";
  if (!text.includes("_")) throw failure("assert_exception", "No delimiter in string, cannot determine type", at);
  try {
    parseSignature(text);
  } catch {
    throw failure("assert_exception", "Unable to decode base58 string", at);
  }
  return text;
}

function keepsAlive(response: IncomingMessage): boolean {
  return response.httpVersion !== "1.0" && response.headers.connection?.toLowerCase() !== "close";
}

/** A 500 with nodeos's error body is rethrown as that exception, so the signer's reason reaches the log. */
function refusal(answer: unknown): ChainFailure {
  const body = v.safeParse(errorBodySchema, answer);
  if (!body.success)
    return failure("assert_exception", "Request failed with 500 response, but response was not parseable", AT);
  const { code, name, what, details } = body.output.error;
  return new ChainFailure(
    code,
    name,
    what,
    details.map(({ message }) => detail(message, AT)),
  );
}
