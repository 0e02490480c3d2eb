/**
 * Checks the limits of a queue before a task is made. A server that is overloaded can so refuse a
 * request before it reads its body.
 *
 * @module
 */

import { checkAdmission as admissionScript } from "../redis/generated/admission.ts";
import type { AdmissionReason } from "../base/errors.ts";
import type { Partition } from "../protocol/keys.ts";
import { integerOption, keyOption, knownOptions } from "../base/options.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";

/** Options of {@linkcode Relier.admit}. */
export interface AdmitOptions {
  /** The tenant of the tasks, where limits are by tenant; 1 to 128 characters. */
  tenant?: string;
  /** The number of tasks, 1 to 1,000; 1 by default. A number above a limit is always refused. */
  cost?: number;
}

/** A limit, and the part of it that is left. */
export interface Quota {
  /** The limit: of waiting tasks, of the tenant's tasks, of the rate of all or of the tenant. */
  readonly limit: "depth" | "tenant" | "rate" | "tenant-rate";
  /** The number of tasks allowed; of a rate, the number allowed at once after a quiet time. */
  readonly quota: number;
  /** Of a rate, the ms in which the whole quota comes back; else null. */
  readonly windowMs: number | null;
  /** The number of tasks that would still be accepted after those asked for. */
  readonly left: number;
  /** Of a rate in use, the ms until one more task is allowed; else null. */
  readonly resetMs: number | null;
}

/** The answer to the question if tasks would be accepted now. */
export type Admission =
  | {
    /** They would be. This is no promise: the push itself decides. */
    readonly ok: true;
    /** The limits that apply. */
    readonly quotas: readonly Quota[];
  }
  | {
    /** They would not be. */
    readonly ok: false;
    /** The first limit that refuses them. */
    readonly reason: AdmissionReason;
    /** The ms to wait before the next try; exact for a `rate`, else a guess. */
    readonly retryAfterMs: number;
    /** The limits that apply. */
    readonly quotas: readonly Quota[];
  };

/** Checks the limits of the queue at `partition`; `own` are the limits of this client, as text. */
export async function checkAdmission(
  caller: Caller,
  partition: Partition,
  own: string,
  options: AdmitOptions,
): Promise<Admission> {
  knownOptions("admit()", options, ["tenant", "cost"]);
  const { tenant, cost = 1 } = options;
  const began = performance.now();
  const reply = await call(caller, partition, admissionScript, {
    own,
    tenant: tenant === undefined ? "" : keyOption("tenant", tenant, 128),
    cost: integerOption("cost", cost, { min: 1, max: 1000 }),
  });
  const reason = reply[0] === "ok" ? undefined : reply[3];
  (await caller.telemetry?.())?.admissionChecked(
    partition.queue,
    reason,
    performance.now() - began,
  );
  if (reply[0] === "ok") return { ok: true, quotas: quotasIn(reply[3]) };
  const [, , , , retryAfterMs, quotas] = reply;
  return {
    ok: false,
    reason: reason as AdmissionReason,
    retryAfterMs,
    quotas: quotasIn(quotas),
  };
}

function quotasIn(flat: readonly Reply[]): Quota[] {
  const found: Quota[] = [];
  for (let i = 0; i < flat.length; i += 5) {
    const [limit, quota, windowMs, left, resetMs] = flat.slice(i, i + 5) as [
      Quota["limit"],
      number,
      number,
      number,
      number,
    ];
    found.push({ limit, quota, windowMs: windowMs || null, left, resetMs: resetMs || null });
  }
  return found;
}
