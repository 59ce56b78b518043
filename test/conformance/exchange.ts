/** One HTTP exchange exactly as written, without any client's help: method, headers, body, status. */
import { request } from "node:http";

export interface HttpQuestion {
  /** POST by default. */
  method?: string;
  /** Sent as JSON unless it is a text, which goes as it is. Nothing by default. */
  body?: unknown;
  headers?: Record<string, string>;
  /** A unix socket instead of the URL's host. */
  socketPath?: string;
  timeoutMs?: number;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body as JSON; throws when it is none. */
  json<T = unknown>(): T;
}

/** nodeos's error body. */
export interface ErrorAnswer {
  code: number;
  message: string;
  error: { code: number; name: string; what: string; details: { message: string }[] };
}

/** Rejects when there is no whole answer in time, or the connection breaks. */
export function exchange(url: string, path: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
  const { method = "POST", body, headers = {}, socketPath, timeoutMs = 20_000 } = question;
  const payload = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const { hostname, port } = new URL(url);
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...(socketPath === undefined ? { host: hostname, port } : { socketPath }),
      method,
      path,
      agent: false,
      headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(payload)), ...headers },
      signal,
    });
    outgoing.once("error", (thrown) => reject(signal.aborted ? signal.reason : thrown));
    outgoing.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const json = <T>() => JSON.parse(text) as T;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    outgoing.end(payload);
  });
}
