/**
 * The limits of a queue. The push script checks them itself, so no other push can
 * come between the check and the push.
 *
 * Two sets of limits bind a push: the limits of its producer, and the limits that
 * are stored with the queue and bind every producer. Of each kind the
 * stricter one counts; all producers share the state of a rate.
 *
 * @module
 */

import { type Duration, toMs } from "../base/duration.ts";
import { integerOption, knownOptions, oneOf } from "../base/options.ts";
import { queueOption } from "./queue_name.ts";

/** A limit on the rate of new tasks. */
export interface AdmissionRate {
  /** The most tasks in `per`, 1 to 1,000,000, and at most 1,000 in a millisecond. */
  limit: number;
  /** 1 ms to 30 days. */
  per: Duration;
  /**
   * The most tasks at once after a quiet time; `limit` by default. The burst is
   * extra: at most `burst + limit` in the first `per` after a quiet time.
   */
  burst?: number;
  /**
   * The scope of the rate: all tasks (default), or each tenant. A rate by tenant
   * does not bind tasks without a tenant.
   */
  by?: "queue" | "tenant";
}

/** The limits of a queue that a producer may have. */
export interface AdmissionOptions {
  /** The most tasks that may wait: ready and scheduled; 1 to 100,000,000. */
  maxDepth?: number;
  /** The longest time the oldest ready task may have waited; 1 ms to 30 days. */
  maxAge?: Duration;
  /** A limit on the rate of new tasks. */
  rate?: AdmissionRate;
  /** The most unfinished tasks of a tenant; 1 to 100,000,000. */
  maxPerTenant?: number;
}

/** The limits that are stored with a queue, for every producer and worker; `null` removes one. */
export type QueueLimits =
  & { [K in keyof AdmissionOptions]?: AdmissionOptions[K] | null }
  & {
    /** The most tasks of the queue that run at the same time, over all workers; 1 to 1,000,000. */
    concurrency?: number | null;
  };

const many = { min: 1, max: 100_000_000 };
const long = { min: 1, max: 2_592_000_000 };

/** The name of each limit in the scripts. */
export const limitNames: Readonly<Record<keyof QueueLimits, string>> = {
  maxDepth: "depth",
  maxAge: "age",
  rate: "rate",
  maxPerTenant: "tenant",
  concurrency: "concurrency",
};

/** Writes each limit as a text without blanks, for the scripts. */
const writers: Readonly<Record<keyof QueueLimits, (option: string, value: unknown) => string>> = {
  maxDepth: writeCount,
  maxAge: (option, value) => `${toMs(option, value, long)}`,
  rate: writeRate,
  maxPerTenant: writeCount,
  concurrency: (option, value) => `${integerOption(option, value, { min: 1, max: 1_000_000 })}`,
};

const names = Object.keys(limitNames) as (keyof QueueLimits)[];
const producerNames = names.filter((name) => name !== "concurrency");

function writeCount(option: string, value: unknown): string {
  return `${integerOption(option, value, many)}`;
}

function writeRate(option: string, given: unknown): string {
  knownOptions(option, given, ["limit", "per", "burst", "by"]);
  const { limit, per, burst = limit, by = "queue" } = given as AdmissionRate;
  const most = { min: 1, max: 1_000_000 };
  integerOption(`${option}.limit`, limit, most);
  integerOption(`${option}.burst`, burst, most);
  oneOf(`${option}.by`, by, ["queue", "tenant"]);
  const ms = toMs(`${option}.per`, per, long);
  if (limit > 1000 * ms) {
    throw new RangeError(
      `Cannot use option "${option}": it must be at most 1,000 tasks in a millisecond: ` +
        `current value is ${limit} in ${ms} ms`,
    );
  }
  return `${limit}/${ms}/${burst}/${by}`;
}

/**
 * Reads the limits of a producer: a text for each queue.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function producerLimits(given: unknown): ReadonlyMap<string, string> {
  if (typeof given !== "object" || given === null) {
    throw new TypeError('Cannot use option "admission": it must be an object of limits by queue');
  }
  return new Map(
    Object.entries(given).map(([queue, limits]) => {
      queueOption(queue);
      knownOptions(`admission of "${queue}"`, limits, producerNames);
      const set = Object.entries(limits as AdmissionOptions) as [keyof AdmissionOptions, unknown][];
      const texts = set.map(([key, value]) =>
        `${limitNames[key]}=${writers[key](`admission.${key}`, value)}`
      );
      return [queue, texts.join(" ")];
    }),
  );
}

/**
 * Reads the limits of a queue: a row for each given limit. A row without a value
 * removes the limit.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function limitRows(given: QueueLimits): { name: string; value: string }[] {
  knownOptions("limit()", given, names);
  return (Object.entries(given) as [keyof QueueLimits, unknown][]).map(([key, value]) => ({
    name: limitNames[key],
    value: value === null ? "" : writers[key](key, value),
  }));
}
