/**
 * The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header): what was
 * answered to a request is answered to its repetitions, and done once. A key is a
 * lock of the core: who holds it does the work, and what came of it is kept there.
 *
 * @module
 */

import { toMs } from "../../core/base/duration.ts";
import { booleanOption, functionOption, keyOption, knownOptions } from "../../core/base/options.ts";
import {
  type Duration,
  type IdempotencyLock,
  idempotencyLock,
  type Relier,
  RelierError,
} from "../../mod.ts";
import { digestOf } from "./digest.ts";
import { replay, type StoredResponse, storeResponse } from "./stored_response.ts";
import { isOutOfReach, problem, retryAfter, unavailable } from "./problem.ts";

/** Options of `idempotencyKey()`; `C` is what a framework tells a middleware of a request. */
export interface IdempotencyOptions<C> {
  /** The header that has the key; `Idempotency-Key` by default. */
  header?: string;
  /** Whether a request without it is refused; by default it is let pass, and may be done twice. */
  required?: boolean;
  /** How long an answer is kept; 1 h by default. */
  ttl?: Duration;
  /**
   * Whose keys these are, such as the id of a user: the same key of others is another one.
   * Where clients do not trust each other it is needed, or one may be answered
   * with what another one was told.
   */
  scope?: (context: C) => string;
}

/** What of a request makes it the same one. */
export interface KeyedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: { get(name: string): string | null };
  /** Its body; undefined if that is too long to be read. */
  body(): Promise<Uint8Array | string | undefined>;
}

/** The right to do what a request asks for, and the duty to say what came of it. */
export interface IdempotentRequest {
  /**
   * Keeps an answer, `bytes` being undefined for one that is too long. Resolves to
   * the answer to be given instead, if there is one.
   */
  settle(
    status: number,
    headers: Iterable<readonly [string, string]>,
    bytes: Uint8Array | undefined,
  ): Promise<Response | undefined>;
  /** Leaves the key to whoever comes next. */
  release(): Promise<void>;
}

/**
 * Begins a request: resolves to the claim on it, to the answer if it goes no further,
 * and to undefined if it has no key, or no need of one.
 */
export type IdempotencyGate<C> = (
  relier: Relier,
  request: KeyedRequest,
  context: C,
) => Promise<IdempotentRequest | Response | undefined>;

const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** These say that nothing was done, and that the same may come again. */
const passing: ReadonlySet<number> = new Set([401, 403, 408, 409, 425, 429]);

/**
 * Reads the options of a keyring.
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
  if (scope !== undefined) functionOption("scope", scope);

  return async (relier, request, context) => {
    const { method, url, headers } = request;
    if (safe.has(method)) return undefined;
    const given = headers.get(header);
    if (given === null) return required ? missing(header) : undefined;
    const named = keyIn(given);
    if (named === undefined) return malformed(header);
    const body = await request.body();
    if (body === undefined) return problem(413, "The request is too large");
    const type = headers.get("content-type") ?? "";
    const print = await digestOf(url.search, type, body);
    const whose = scope === undefined ? "" : String(scope(context));
    const key = `http:${await digestOf(whose, method, url.pathname, named)}`;
    try {
      const lock = await idempotencyLock<StoredResponse>(relier, { key, ttl, wait: 0 });
      if (!lock.alreadyExecuted) return claimOn(lock, print);
      const kept = lock.cachedResult!;
      return kept.print === print ? replay(kept) : reused(header);
    } catch (error) {
      if (RelierError.is(error, "RL_CONFLICT")) return underWay(header);
      if (isOutOfReach(error)) return unavailable();
      throw error;
    }

    function claimOn(lock: IdempotencyLock<StoredResponse>, print: string): IdempotentRequest {
      async function release(): Promise<void> {
        try {
          await lock[Symbol.asyncDispose]();
        } catch {
          // Who cannot let go is followed when the lease of the lock is over.
        }
      }
      return {
        release,
        async settle(status, headers, bytes) {
          if (status >= 500 || passing.has(status)) return void await release();
          try {
            await keep(lock, storeResponse(print, status, headers, bytes));
            return undefined;
          } catch (error) {
            // Somebody else has done it since: what is answered is what is kept.
            if (RelierError.is(error, "RL_LEASE_LOST")) return underWay(header);
            if (isOutOfReach(error)) return undefined;
            throw error;
          }
        },
      };
    }
  };
}

/** An answer that is too long is not kept, but that it was given is. */
async function keep(lock: IdempotencyLock<StoredResponse>, kept: StoredResponse): Promise<void> {
  try {
    await lock.complete(kept);
  } catch (error) {
    if (!RelierError.is(error, "RL_PAYLOAD_TOO_LARGE")) throw error;
    const { print, status } = kept;
    await lock.complete({ print, status, headers: [] });
  }
}

/** The key in a header: a string of structured fields (RFC 9651), or one without its quotes. */
function keyIn(given: string): string | undefined {
  const [, quoted] = /^"((?:[ !#-[\]-~]|\\["\\]){1,255})"$/.exec(given) ?? [];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, "$1");
  return /^[!#-+\--~]{1,255}$/.test(given) ? given : undefined;
}

function missing(header: string): Response {
  return problem(400, `${header} is missing`, {
    detail: "What is asked for here is done once for each key, so it needs one",
  });
}

function malformed(header: string): Response {
  return problem(400, `${header} cannot be read`, {
    detail: "It has to be one string of 1 to 255 visible ASCII characters",
  });
}

function reused(header: string): Response {
  return problem(422, `${header} is already used`, {
    detail: "Another request came with the same key: a new request needs a new one",
  });
}

function underWay(header: string): Response {
  return problem(409, `A request with the same ${header} is under way`, {
    headers: retryAfter(1000),
  });
}
