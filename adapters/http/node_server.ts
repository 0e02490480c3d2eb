/**
 * The bridge between HTTP of Node.js and of the web: a function from `Request` to
 * `Response` serves a Node.js server, or a mount point of Express.
 *
 * @module
 */

import { getRequestListener, RequestError } from "@hono/node-server";
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** Answers a request. */
export type FetchHandler = (request: Request, env: NodeEnv) => Response | Promise<Response>;

/** The environment of a request; an app of Hono has it as `c.env`. */
export interface NodeEnv {
  /** The request of Node.js, with the properties that middleware of Express has added. */
  readonly incoming: IncomingMessage;
  /** The mount path in Express, such as `/rl`, which the request's URL does not have; else "". */
  readonly prefix: string;
}

/** A request handler of a Node.js server, or of Express, which also passes `next`. */
export type NodeHandler = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** A request as middleware of Express leaves it. */
interface ExpressRequest extends IncomingMessage {
  readonly baseUrl?: string;
  readonly body?: unknown;
  rawBody?: unknown;
}

/**
 * Makes a Node.js handler of `answer`. An error goes to `next`, or becomes a bare 500
 * without it. When the client leaves, the request's signal aborts and the body of the
 * response is cancelled.
 */
export function nodeHandler(answer: FetchHandler): NodeHandler {
  return (incoming: ExpressRequest, outgoing, next) => {
    const env: NodeEnv = { incoming, prefix: incoming.baseUrl ?? "" };
    restoreBody(incoming);
    const listen = getRequestListener((request) => answer(request, env), {
      overrideGlobalObjects: false,
      ...next && { errorHandler: (error: unknown) => passOn(error, next) },
    });
    void listen(incoming, outgoing);
  };
}

/** A malformed request is answered here: it is no error of the application. */
function passOn(error: unknown, next: (error: unknown) => void): Response | undefined {
  if (error instanceof RequestError) return new Response(null, { status: 400 });
  next(error);
  return undefined;
}

/** Writes a body that a parser has consumed into `rawBody`, where the listener reads it. */
function restoreBody(incoming: ExpressRequest): void {
  const { body, rawBody } = incoming;
  if (!incoming.readableDidRead || rawBody instanceof Buffer || body === undefined) return;
  incoming.rawBody = body instanceof Buffer ? body : Buffer.from(serialized(incoming, body));
}

function serialized({ headers }: IncomingMessage, body: unknown): string {
  if (typeof body === "string") return body;
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return isForm
    ? new URLSearchParams(body as Record<string, string>).toString()
    : JSON.stringify(body);
}

/** The address of a server. */
export interface ServeOptions {
  /** The port; 0 for a free one. */
  readonly port: number;
  readonly hostname: string;
}

/** A running server. */
export interface Served {
  /** `http://<hostname>:<port>`. */
  readonly url: string;
  /** Closes the port and every connection. */
  close(): Promise<void>;
  /** Takes no more requests; resolves once those under way are answered. */
  finish(): Promise<void>;
}

/** Serves `answer`. Rejects if the address cannot be used. */
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
      resolve({
        url: `http://${host}:${port}`,
        close: () => closed(server),
        finish: () => finished(server),
      });
    });
  });
}

function closed(server: Server): Promise<void> {
  const over = finished(server);
  server.closeAllConnections();
  return over;
}

function finished(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
