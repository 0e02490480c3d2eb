/**
 * The header fields `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers-11): the quotas of a queue, what is left of each,
 * and when it resets.
 *
 * @module
 */

import type { Quota } from "../../mod.ts";

/** Header fields. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** The fields for `quotas`; none if the queue has no limits. */
export function rateLimitFields(quotas: readonly Quota[]): HeaderFields {
  if (quotas.length === 0) return [];
  return [
    ["RateLimit-Policy", quotas.map(policy).join(", ")],
    ["RateLimit", quotas.map(remaining).join(", ")],
  ];
}

/** Windows are whole seconds: a shorter one is converted to the quota of one second. */
function policy({ limit, quota, windowMs }: Quota): string {
  if (windowMs === null) return `"${limit}";q=${quota}`;
  return windowMs < 1000
    ? `"${limit}";q=${Math.floor(quota * 1000 / windowMs)};w=1`
    : `"${limit}";q=${quota};w=${Math.ceil(windowMs / 1000)}`;
}

function remaining({ limit, left, resetMs }: Quota): string {
  const reset = resetMs === null ? "" : `;t=${Math.ceil(resetMs / 1000)}`;
  return `"${limit}";r=${left}${reset}`;
}
