/**
 * Idempotency keys on HTTP of Node.js: reads a request that a framework has parsed, and holds
 * its response back until it is stored.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Relier } from "../../mod.ts";
import { bufferResponse } from "./buffered_response.ts";
import type { IdempotencyGate } from "./idempotency.ts";
import { nodeHandler } from "./node_server.ts";
import { maxStoredBytes } from "./stored_response.ts";

/** A request as a framework leaves it; `C` is its own form of the request. */
export interface ParsedRequest<C> {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** The URL that the client asked for, from its path on. */
  readonly url: string;
  /** The parsed body; undefined or null if there is none, or if it was not parsed. */
  readonly body: unknown;
  readonly context: C;
}

/**
 * Begins a request. Resolves to the response that ends it here, or to undefined if it goes on.
 *
 * @throws TypeError if the body was not parsed: reading it here would consume it.
 */
export async function beginOnNode<C>(
  begin: IdempotencyGate<C>,
  relier: Relier,
  { incoming, outgoing, url, body, context }: ParsedRequest<C>,
): Promise<Response | undefined> {
  const { method = "GET", headers } = incoming;
  const request = {
    method,
    host: (headers.host ?? headers[":authority"] ?? "").toString().toLowerCase(),
    url: new URL(url, "http://localhost"),
    headers: { get: (name: string) => headers[name.toLowerCase()]?.toString() ?? null },
    body: () => Promise.resolve(bytesOf(incoming, body)),
  };
  const begun = await begin(relier, request, context);
  if (begun instanceof Response) return begun;
  if (begun) {
    bufferResponse(outgoing, maxStoredBytes, {
      release: begun.release,
      settle: async (status, fields, bytes) => {
        const instead = await begun.settle(status, fields, bytes);
        return instead && (() => nodeHandler(() => instead)(incoming, outgoing));
      },
    });
  }
  return undefined;
}

function bytesOf(incoming: IncomingMessage, body: unknown): Uint8Array | string {
  if (body instanceof Uint8Array || typeof body === "string") return body;
  if (body !== undefined && body !== null) return JSON.stringify(body);
  const { headers, readableDidRead } = incoming;
  const length = Number(headers["content-length"] ?? 0);
  if (readableDidRead || length === 0 && headers["transfer-encoding"] === undefined) return "";
  throw new TypeError(
    "Cannot compare requests: put idempotencyKey() after the parsers of bodies, such as " +
      "express.json(), or in the preHandler hooks of Fastify",
  );
}
