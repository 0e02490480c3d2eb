/**
 * The door of a server: whether what a request would push is let in is asked
 * before its body is read, and what is refused is told when to come again.
 *
 * @module
 */

import {
  functionOption,
  integerOption,
  keyOption,
  knownOptions,
  nameOption,
} from "../../core/base/options.ts";
import {
  type AdmissionReason,
  AdmissionRejectedError,
  type Quota,
  type Relier,
  type WithinOptions,
} from "../../mod.ts";
import { isOutOfReach, problem, retryAfter, unavailable } from "./problem.ts";
import { type HeaderFields, rateLimitFields } from "./ratelimit_headers.ts";

/** Options of `admission()`; `C` is what a framework tells a middleware of a request. */
export interface AdmissionGateOptions<C> {
  /** The queue that the request is going to push to. */
  queue: string;
  /** For whom the request is, where limits are by tenant: the tenant of what it pushes. */
  key?: (context: C) => string | undefined;
  /** How many tasks it pushes, 1 to 1,000; 1 by default. */
  cost?: number;
}

/** What the door says of a request. */
export interface AdmissionDecision {
  /** The answer, if the request goes no further. */
  readonly refusal?: Response;
  /** What an answer tells of the limits. */
  readonly fields: HeaderFields;
  /** What the request is lent a client with. */
  readonly within: WithinOptions;
  /** The answer to a request whose push was refused all the same. */
  refuse(error: AdmissionRejectedError): Response;
}

/** Asks for one request after the other. */
export type AdmissionGate<C> = (relier: Relier, context: C) => Promise<AdmissionDecision>;

/**
 * Reads the options of a door.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function createAdmissionGate<C>(options: AdmissionGateOptions<C>): AdmissionGate<C> {
  knownOptions("admission()", options, ["queue", "key", "cost"]);
  const { key, cost = 1 } = options;
  const queue = nameOption("queue", options.queue);
  integerOption("cost", cost, { min: 1, max: 1000 });
  if (key !== undefined) functionOption("key", key);
  return async (relier, context) => {
    const tenant = key?.(context);
    if (tenant !== undefined && !isTenant(tenant)) return refusedWith(nobody());
    const whose = tenant === undefined ? {} : { tenant };
    try {
      const answer = await relier.admit(queue, { cost, ...whose });
      const { quotas } = answer;
      const refuse = (error: AdmissionRejectedError) => admissionRefusal(error, quotas, cost);
      if (answer.ok) return { fields: rateLimitFields(quotas), refuse, within: whose };
      const { reason, retryAfterMs } = answer;
      return refusedWith(refuse(new AdmissionRejectedError(queue, reason, retryAfterMs)));
    } catch (error) {
      if (isOutOfReach(error)) return refusedWith(unavailable());
      throw error;
    }
  };
}

function refusedWith(refusal: Response): AdmissionDecision {
  return { refusal, fields: [], within: {}, refuse: admissionRefusal };
}

/** It may come from the request as it is, so it is no mistake of the server's. */
function isTenant(given: unknown): given is string {
  try {
    return keyOption("key", given, 128) === given;
  } catch {
    return false;
  }
}

function nobody(): Response {
  return problem(400, "It cannot be told for whom this request is", {
    detail: "What names its sender has to be 1 to 128 characters without control characters",
  });
}

const registry = "https://iana.org/assignments/http-problem-types#";

const causes: Readonly<Record<AdmissionReason, readonly [type: string, detail: string]>> = {
  closed: ["temporary-reduced-capacity", "Nothing is accepted at the moment"],
  depth: ["temporary-reduced-capacity", "As many tasks wait as may"],
  age: ["temporary-reduced-capacity", "What waits has waited for too long"],
  tenant: ["quota-exceeded", "As many of your tasks are unfinished as may be"],
  rate: ["quota-exceeded", "Requests come faster than they may"],
};

/**
 * The answer to the push of `cost` tasks that was refused: 429, with the `quotas`
 * that were asked for before. What was left then may be gone by now.
 */
export function admissionRefusal(
  { reason, retryAfterMs }: AdmissionRejectedError,
  quotas: readonly Quota[] = [],
  cost = 1,
): Response {
  const [type, detail] = causes[reason];
  const scarcest = quotas.filter(({ limit }) => limit.endsWith(reason))
    .sort((a, b) => a.left - b.left)[0];
  const told = quotas.map((each): Quota => {
    if (each !== scarcest) return each;
    const resetMs = each.windowMs === null ? null : retryAfterMs;
    return { ...each, left: Math.min(each.left, cost - 1), resetMs };
  });
  return problem(429, "Too many requests", {
    type: registry + type,
    detail,
    more: { reason, ...scarcest && { "violated-policies": [scarcest.limit] } },
    headers: { ...retryAfter(retryAfterMs), ...Object.fromEntries(rateLimitFields(told)) },
  });
}
