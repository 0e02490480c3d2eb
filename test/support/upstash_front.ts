/**
 * Upstash's REST API in front of a real Redis, with its faults: too many requests,
 * broken gateways, lost and cut answers, silence. It runs in Node.js: Bun answers an
 * empty 200 where a test wants the connection cut.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Redis } from "ioredis";
import { until } from "./until.ts";

/** The fault of a request: exactly one of these, apart from `headers` and `body`. */
export interface Fault {
  /** The request gets this status, and no command runs. */
  readonly answer?: number;
  /** The headers of that answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of that answer. */
  readonly body?: string;
  /** The connection is cut, before any command runs or in place of the answer. */
  readonly lose?: "request" | "reply";
  /** The command runs, and the answer is cut in half: the JSON, or the promised length. */
  readonly half?: "json" | "body";
  /** The command never runs and gets no answer. */
  readonly silent?: true;
  /** The command runs once this resolves. */
  readonly until?: Promise<unknown>;
}

/** One received request. */
export interface Seen {
  /** Its path, such as `/pipeline`. */
  readonly path: string;
  /** The commands in the request. */
  readonly commands: readonly (readonly string[])[];
  /** Its headers. */
  readonly headers: IncomingMessage["headers"];
}

/** Settings of the front. */
export interface FrontOptions {
  /** Accepts `flags=allow-key-locking`, as Upstash does and Redis does not. Off if absent. */
  readonly keyLocking?: boolean;
}

/** A running front. */
export interface UpstashFront {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The token that it requires. */
  readonly token: string;
  /** Every request with the right token, in order. */
  readonly requests: readonly Seen[];
  /** Applies `fault` to the next `times` requests that contain `part`. */
  fail(fault: Fault, times?: number, part?: string): void;
  /** Closes all connections and stops. */
  close(): Promise<void>;
}

type Answer = { readonly result: unknown } | { readonly error: string };

const token = "front-token";
const maxBytes = 10 * 1024 * 1024;
const lockingLine = "#!lua flags=allow-key-locking\n";
const refused =
  /^(b[lrz]\w*pop\w*|blmove|brpoplpush|blmpop|p?subscribe|ssubscribe|monitor|watch|unwatch|hello|select|client|wait|waitaof)$/i;

/** Starts a front for the server at `url`, a `redis://` one. */
export async function startFront(url: string, options: FrontOptions = {}): Promise<UpstashFront> {
  const redis = new Redis(url, { protocol: 2, maxRetriesPerRequest: 0 });
  redis.on("error", () => {});
  const requests: Seen[] = [];
  const faults: { fault: Fault; times: number; part: string }[] = [];
  const unlocked = new Map<string, string>();
  let count = 0;

  /**
   * Translates a command for Redis, which knows neither the line nor the hash of a text
   * with it.
   */
  function translated([name = "", body = "", ...rest]: readonly string[]): string[] {
    if (!options.keyLocking || !/^eval(sha)?$/i.test(name)) return [name, body, ...rest];
    if (!body.startsWith(lockingLine)) return [name, unlocked.get(body) ?? body, ...rest];
    const plain = body.slice(lockingLine.length);
    unlocked.set(sha1(body), sha1(plain));
    return [name, plain, ...rest];
  }

  async function run(command: readonly string[], base64: boolean): Promise<Answer> {
    const [name = ""] = command;
    if (
      refused.test(name) || (/^xread/i.test(name) && command.some((arg) => /^block$/i.test(arg)))
    ) {
      return { error: `ERR Command is not available: '${name}'` };
    }
    try {
      const [word, ...args] = command.length === 1 ? command : translated(command);
      // In capitals ioredis knows no command, and leaves the reply unchanged.
      return { result: shown(await redis.callBuffer(word!.toUpperCase(), ...args), base64) };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  async function multi(commands: readonly string[][], base64: boolean): Promise<unknown> {
    const transaction = redis.multi();
    for (const [word, ...args] of commands) transaction.callBuffer(word!.toUpperCase(), ...args);
    try {
      const replies = await transaction.exec();
      return replies!.map(([error, reply]) =>
        error ? { error: error.message } : { result: shown(reply, base64) }
      );
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, "http://front");
    const given = request.headers.authorization?.replace(/^Bearer /i, "") ??
      searchParams.get("_token");
    const body = await read(request);
    if (given !== token) return send(response, 401, invalidToken);
    if (body === undefined) {
      const error = `ERR max request size exceeded. Limit: ${maxBytes} bytes`;
      return send(response, 413, { error });
    }
    const commands = commandsOf(pathname, body);
    requests.push({ path: pathname, commands, headers: request.headers });
    const bad = faults.find(({ times, part }) => times > 0 && body.includes(part));
    if (bad !== undefined) bad.times--;
    const fault = bad?.fault ?? {};
    if (fault.silent) return;
    if (fault.answer !== undefined) {
      response.writeHead(fault.answer, fault.headers);
      return void response.end(fault.body ?? "");
    }
    if (fault.lose === "request") return void response.destroy();
    await fault.until;
    const base64 = request.headers["upstash-encoding"] === "base64";
    const answer = pathname === "/multi-exec"
      ? await multi(commands, base64)
      : pathname === "/pipeline"
      ? await Promise.all(commands.map((command) => run(command, base64)))
      : await run(commands[0]!, base64);
    if (fault.lose === "reply") return void response.destroy();
    response.setHeader("upstash-sync-token", `front=${++count}`);
    const failed = !Array.isArray(answer) && "error" in (answer as Answer);
    if (fault.half === undefined) return send(response, failed ? 400 : 200, answer);
    const text = JSON.stringify(answer);
    if (fault.half === "body") response.setHeader("content-length", Buffer.byteLength(text));
    response.write(text.slice(0, text.length / 2), () => {
      if (fault.half === "body") response.destroy();
      else response.end();
    });
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await until("the front is connected", () => redis.status === "ready");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address!.port : 0}`,
    token,
    requests,
    fail: (fault, times = 1, part = "") => void faults.push({ fault, times, part }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      redis.disconnect();
      await closed;
    },
  };
}

const invalidToken = { error: "WRONGPASS invalid or missing auth token" };

/** The whole body as text; undefined if it is too long. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks).toString();
}

function commandsOf(pathname: string, body: string): string[][] {
  if (pathname === "/pipeline" || pathname === "/multi-exec") return JSON.parse(body).map(strings);
  if (pathname === "/") return [strings(JSON.parse(body))];
  // In the path form, the path holds the command and the body its last argument.
  const path = pathname.slice(1).split("/").map(decodeURIComponent);
  return [body === "" ? path : [...path, body]];
}

function strings(command: readonly unknown[]): string[] {
  return command.map((arg) => typeof arg === "string" ? arg : JSON.stringify(arg));
}

/** Encodes every text in base64, except a reply that is only `OK`. */
function shown(reply: unknown, base64: boolean): unknown {
  const plain = (value: unknown, encoding: "utf8" | "base64"): unknown =>
    Array.isArray(value)
      ? value.map((each) => plain(each, encoding))
      : Buffer.isBuffer(value)
      ? value.toString(encoding)
      : value;
  return plain(reply, base64 && String(reply) !== "OK" ? "base64" : "utf8");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
