/**
 * The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header): the first
 * request with a key is processed, repeated ones get the stored response. Each key is an
 * idempotency lock of the core; its holder processes the request and stores the response.
 *
 * @module
 */

import { toMs } from "../../core/base/duration.ts";
import { booleanOption, keyOption, knownOptions } from "../../core/base/options.ts";
import {
  type Duration,
  type IdempotencyLock,
  idempotencyLock,
  type Relier,
  RelierError,
} from "../../mod.ts";
import { digestOf } from "./digest.ts";
import { isOutOfReach, problem, retryAfter, unavailable } from "./problem.ts";
import { createScopeReader } from "./scope.ts";
import { replay, type StoredResponse, storeResponse } from "./stored_response.ts";

/** Options of `idempotencyKey()`; `C` is the context that the framework passes to a middleware. */
export interface IdempotencyOptions<C> {
  /** The header with the key; `Idempotency-Key` by default. */
  header?: string;
  /** Refuses a request without a key; by default it passes and may run twice. */
  required?: boolean;
  /** The time for which a response is stored; 1 h by default. */
  ttl?: Duration;
  /**
   * Separates the keys of callers, such as by user id: 1 to 128 characters; a request without one
   * gets 403. Without this option, all callers of a host share their keys: one that sends the key,
   * path and body of another gets the response meant for that one.
   */
  scope?: (context: C) => string;
}

/** The parts of a request that identify it. */
export interface KeyedRequest {
  readonly method: string;
  /** The host that the client asked for: equal keys on two hosts are two keys. */
  readonly host: string;
  readonly url: URL;
  readonly headers: { get(name: string): string | null };
  /** The body; undefined if it is too long to be read. */
  body(): Promise<Uint8Array | string | undefined>;
}

/** A request that holds its key: it must settle or release it. */
export interface IdempotentRequest {
  /**
   * Stores the response; `bytes` is undefined if the body is too long. Resolves to the
   * response to send instead, if there is one.
   */
  settle(
    status: number,
    headers: Iterable<readonly [string, string]>,
    bytes: Uint8Array | undefined,
  ): Promise<Response | undefined>;
  /** Frees the key for the next request. */
  release(): Promise<void>;
}

/**
 * Begins a request. Resolves to the request that holds its key, to the response that ends
 * it here, or to undefined if it has no key or needs none.
 */
export type IdempotencyGate<C> = (
  relier: Relier,
  request: KeyedRequest,
  context: C,
) => Promise<IdempotentRequest | Response | undefined>;

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Client errors after which the same request may succeed: they are not stored. */
const retryableStatuses: ReadonlySet<number> = new Set([401, 403, 408, 409, 425, 429]);

/**
 * Makes the gate for these options.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function createIdempotencyGate<C>(options: IdempotencyOptions<C>): IdempotencyGate<C> {
  knownOptions("idempotencyKey()", options, ["header", "required", "ttl", "scope"]);
  const { header = "Idempotency-Key", required = false, ttl = "1h", scope } = options;
  if (!/^[\w-]{1,64}$/.test(keyOption("header", header))) {
    throw new RangeError(`Cannot use option "header": it must be the name of a header field`);
  }
  booleanOption("required", required);
  toMs("ttl", ttl);
  const scopeOf = createScopeReader(scope);

  return async (relier, request, context) => {
    const { method, host, url, headers } = request;
    if (safeMethods.has(method)) return undefined;
    const given = headers.get(header);
    if (given === null) return required ? missing(header) : undefined;
    const named = parseKey(given);
    if (named === undefined) return malformed(header);
    const owner = scopeOf(context) ?? "";
    if (owner instanceof Response) return owner;
    const body = await request.body();
    if (body === undefined) return problem(413, "The request is too large");
    const type = headers.get("content-type") ?? "";
    const print = await digestOf(url.search, type, body);
    const key = `http:${await digestOf(owner, method, host, url.pathname, named)}`;
    try {
      const lock = await idempotencyLock<StoredResponse>(relier, { key, ttl, wait: 0 });
      if (!lock.alreadyExecuted) return requestWith(lock, print, header);
      const stored = lock.cachedResult!;
      return stored.print === print ? replay(stored) : reused(header);
    } catch (error) {
      if (RelierError.is(error, "RL_CONFLICT")) return inProgress(header);
      if (isOutOfReach(error)) return unavailable();
      throw error;
    }
  };
}

function requestWith(
  lock: IdempotencyLock<StoredResponse>,
  print: string,
  header: string,
): IdempotentRequest {
  async function release(): Promise<void> {
    try {
      await lock[Symbol.asyncDispose]();
    } catch {
      // A lock that cannot be released expires with its lease.
    }
  }
  return {
    release,
    async settle(status, headers, bytes) {
      if (status >= 500 || retryableStatuses.has(status)) return void await release();
      try {
        await store(lock, storeResponse(print, status, headers, bytes));
        return undefined;
      } catch (error) {
        // Another request took over the key, so its response counts.
        if (RelierError.is(error, "RL_LEASE_LOST")) return inProgress(header);
        if (isOutOfReach(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Stores a response. If it is too long, only its status is stored, so that it is not run again. */
async function store(
  lock: IdempotencyLock<StoredResponse>,
  response: StoredResponse,
): Promise<void> {
  try {
    await lock.complete(response);
  } catch (error) {
    if (!RelierError.is(error, "RL_PAYLOAD_TOO_LARGE")) throw error;
    const { print, status } = response;
    await lock.complete({ print, status, headers: [] });
  }
}

/** The key in a header: a string of structured fields (RFC 9651), or one without its quotes. */
function parseKey(given: string): string | undefined {
  const [, quoted] = /^"((?:[ !#-[\]-~]|\\["\\]){1,255})"$/.exec(given) ?? [];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, "$1");
  return /^[!#-+\--~]{1,255}$/.test(given) ? given : undefined;
}

function missing(header: string): Response {
  return problem(400, `The ${header} header is missing`, {
    detail: "This endpoint requires an idempotency key",
  });
}

function malformed(header: string): Response {
  return problem(400, `The ${header} header is malformed`, {
    detail: "The key must be one string of 1 to 255 visible ASCII characters",
  });
}

function reused(header: string): Response {
  return problem(422, `The ${header} has already been used`, {
    detail: "Another request used this key; use a new key for a new request",
  });
}

function inProgress(header: string): Response {
  return problem(409, `A request with the same ${header} is in progress`, {
    headers: retryAfter(1000),
  });
}
