/**
 * Asking at the door, before a task is made: a server that is asked for too much
 * can say so before it has read what it is asked for.
 *
 * @module
 */

import { checkAdmission as admissionScript } from "../redis/generated/admission.ts";
import type { AdmissionReason } from "../base/errors.ts";
import type { Partition } from "../protocol/keys.ts";
import { integerOption, keyOption, knownOptions } from "../base/options.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";

/** What {@linkcode Relier.admit} asks for. */
export interface AdmitOptions {
  /** For whom tasks would be pushed, where limits are by tenant; 1 to 128 characters. */
  tenant?: string;
  /** How many tasks, 1 to 1,000; 1 by default. More than a limit allows are never taken. */
  cost?: number;
}

/** How much of a limit is left. */
export interface Quota {
  /** Which one: the waiting tasks, those of the tenant, the rate of all or that of the tenant. */
  readonly limit: "depth" | "tenant" | "rate" | "tenant-rate";
  /** How many tasks there may be; of a rate, how many may come at once after a quiet time. */
  readonly quota: number;
  /** Of a rate, in how many ms as many come again; else null. */
  readonly windowMs: number | null;
  /** How many more would be taken behind those that were asked for. */
  readonly left: number;
  /** Of a rate that is being used, in how many ms one more is left; else null. */
  readonly resetMs: number | null;
}

/** Whether tasks would be taken now. */
export type Admission =
  | {
    /** They would be, and by nobody's promise: the push decides. */
    readonly ok: true;
    /** What is left of each limit that binds. */
    readonly quotas: readonly Quota[];
  }
  | {
    /** They would not be. */
    readonly ok: false;
    /** The first limit that keeps them out. */
    readonly reason: AdmissionReason;
    /** When to try again; exact for a `rate`, else a guess. */
    readonly retryAfterMs: number;
    /** What is left of each limit that binds. */
    readonly quotas: readonly Quota[];
  };

/** Asks the queue at `partition`; `own` are the limits of the asker as text. */
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
