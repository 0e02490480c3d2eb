/**
 * Between HTTP as Node.js has it and as the web has it: whatever answers a
 * `Request` with a `Response` serves a server of Node's, or a place in an app of
 * Express. The only file that knows how one becomes the other.
 *
 * @module
 */

import { getRequestListener, RequestError } from "@hono/node-server";
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** Answers a request. */
export type FetchHandler = (request: Request, env: NodeEnv) => Response | Promise<Response>;

/** What an answerer is told besides the request; an app of Hono has it as `c.env`. */
export interface NodeEnv {
  /** The request as Node.js has it, with what middleware of Express has put there. */
  readonly incoming: IncomingMessage;
  /** Where Express has mounted this, such as `/rl`: it is no part of the request's URL. Else "". */
  readonly prefix: string;
}

/** A handler of a server of Node's, and of Express, which also gives `next`. */
export type NodeHandler = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** A request as Express leaves it to those behind its own middleware. */
interface Handled extends IncomingMessage {
  readonly baseUrl?: string;
  readonly body?: unknown;
  rawBody?: unknown;
}

/**
 * Has `answer` handle requests. What it throws goes to `next`, or is a bare 500 where
 * there is none; when the client goes away the request's signal aborts and the
 * body of the response is cancelled.
 */
export function nodeHandler(answer: FetchHandler): NodeHandler {
  return (incoming: Handled, outgoing, next) => {
    const env: NodeEnv = { incoming, prefix: incoming.baseUrl ?? "" };
    giveBack(incoming);
    const listen = getRequestListener((request) => answer(request, env), {
      overrideGlobalObjects: false,
      ...next && { errorHandler: (error: unknown) => passOn(error, next) },
    });
    void listen(incoming, outgoing);
  };
}

/** A request that is none is the client's fault, and nobody else's business. */
function passOn(error: unknown, next: (error: unknown) => void): Response | undefined {
  if (error instanceof RequestError) return new Response(null, { status: 400 });
  next(error);
  return undefined;
}

/** A body that a parser has read cannot be read again: it is written anew. */
function giveBack(incoming: Handled): void {
  const { body, rawBody } = incoming;
  if (!incoming.readableDidRead || rawBody instanceof Buffer || body === undefined) return;
  incoming.rawBody = body instanceof Buffer ? body : Buffer.from(written(incoming, body));
}

function written({ headers }: IncomingMessage, body: unknown): string {
  if (typeof body === "string") return body;
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return isForm
    ? new URLSearchParams(body as Record<string, string>).toString()
    : JSON.stringify(body);
}

/** Where to serve. */
export interface ServeOptions {
  /** A free one for 0. */
  readonly port: number;
  readonly hostname: string;
}

/** A server that answers. */
export interface Served {
  /** `http://<hostname>:<port>`. */
  readonly url: string;
  /** Takes no more requests, and ends those under way. */
  close(): Promise<void>;
}

/** Serves `answer`; rejects if it cannot listen there. */
export function serve(
  answer: FetchHandler,
  { port, hostname }: ServeOptions,
): Promise<Served> {
  const server = createServer(nodeHandler(answer));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      const { port } = server.address() as { port: number };
      const host = hostname.includes(":") ? `[${hostname}]` : hostname;
      resolve({ url: `http://${host}:${port}`, close: () => closed(server) });
    });
  });
}

function closed(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
