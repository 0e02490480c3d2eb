/**
 * What is left of a queue's limits, as the fields `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers-11): quotas with their windows, and what
 * of them is left until when.
 *
 * @module
 */

import type { Quota } from "../../mod.ts";

/** Header fields. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** The fields that tell of `quotas`; none if nothing is limited. */
export function rateLimitFields(quotas: readonly Quota[]): HeaderFields {
  if (quotas.length === 0) return [];
  return [
    ["RateLimit-Policy", quotas.map(policy).join(", ")],
    ["RateLimit", quotas.map(standing).join(", ")],
  ];
}

/** Windows are whole seconds: of a shorter one it is told how many come in a second. */
function policy({ limit, quota, windowMs }: Quota): string {
  if (windowMs === null) return `"${limit}";q=${quota}`;
  return windowMs < 1000
    ? `"${limit}";q=${Math.floor(quota * 1000 / windowMs)};w=1`
    : `"${limit}";q=${quota};w=${Math.ceil(windowMs / 1000)}`;
}

function standing({ limit, left, resetMs }: Quota): string {
  const reset = resetMs === null ? "" : `;t=${Math.ceil(resetMs / 1000)}`;
  return `"${limit}";r=${left}${reset}`;
}
