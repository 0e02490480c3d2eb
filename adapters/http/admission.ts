/**
 * Admission control of an HTTP server: asks the queue whether it would accept the push of
 * a request before the body is read, and answers 429 with a retry time if not.
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

/** Options of `admission()`; `C` is the context that the framework passes to a middleware. */
export interface AdmissionGateOptions<C> {
  /** The queue that the request pushes to. */
  queue: string;
  /** The tenant of the request, for limits by tenant. */
  key?: (context: C) => string | undefined;
  /** The number of tasks the request pushes, 1 to 1,000; 1 by default. */
  cost?: number;
}

/** The decision about one request. */
export interface AdmissionDecision {
  /** The response, if the request is refused. */
  readonly refusal?: Response;
  /** Rate limit fields for the response. */
  readonly fields: HeaderFields;
  /** Options of the client that the request gets. */
  readonly within: WithinOptions;
  /** The response to an admitted request whose push was refused after all. */
  refuse(error: AdmissionRejectedError): Response;
}

/** Decides about each request. */
export type AdmissionGate<C> = (relier: Relier, context: C) => Promise<AdmissionDecision>;

/**
 * Makes the gate for these options.
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
    if (tenant !== undefined && !isTenant(tenant)) return refusedWith(unknownTenant());
    const within = tenant === undefined ? {} : { tenant };
    try {
      const answer = await relier.admit(queue, { cost, ...within });
      const { quotas } = answer;
      const refuse = (error: AdmissionRejectedError) => admissionRefusal(error, quotas, cost);
      if (answer.ok) return { fields: rateLimitFields(quotas), refuse, within };
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

/** The tenant often comes from the request itself, so a bad one is the client's error. */
function isTenant(given: unknown): given is string {
  try {
    return keyOption("key", given, 128) === given;
  } catch {
    return false;
  }
}

function unknownTenant(): Response {
  return problem(400, "Cannot determine the tenant", {
    detail: "The tenant must be 1 to 128 characters without control characters",
  });
}

const registry = "https://iana.org/assignments/http-problem-types#";

const causes: Readonly<Record<AdmissionReason, readonly [type: string, detail: string]>> = {
  closed: ["temporary-reduced-capacity", "The queue accepts no tasks at the moment"],
  depth: ["temporary-reduced-capacity", "The queue is full"],
  age: ["temporary-reduced-capacity", "The oldest task has waited too long"],
  tenant: ["quota-exceeded", "You have too many unfinished tasks"],
  rate: ["quota-exceeded", "Rate limit exceeded"],
};

/**
 * The 429 response to a push of `cost` tasks that was refused. `quotas` were read before
 * the push; what was left then may have been used since.
 */
export function admissionRefusal(
  { reason, retryAfterMs }: AdmissionRejectedError,
  quotas: readonly Quota[] = [],
  cost = 1,
): Response {
  const [type, detail] = causes[reason];
  const scarcest = quotas.filter(({ limit }) => limit.endsWith(reason))
    .sort((a, b) => a.left - b.left)[0];
  const shown = quotas.map((quota): Quota => {
    if (quota !== scarcest) return quota;
    const resetMs = quota.windowMs === null ? null : retryAfterMs;
    return { ...quota, left: Math.min(quota.left, cost - 1), resetMs };
  });
  return problem(429, "Too many requests", {
    type: registry + type,
    detail,
    more: { reason, ...scarcest && { "violated-policies": [scarcest.limit] } },
    headers: { ...retryAfter(retryAfterMs), ...Object.fromEntries(rateLimitFields(shown)) },
  });
}
