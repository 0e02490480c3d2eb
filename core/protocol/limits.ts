/**
 * The limits of a queue. The push script checks them itself, so no other push can
 * come between the check and the push.
 *
 * Two sets of limits bind a push: those its producer was made with, and those
 * that are stored with the queue and bind every producer. Of each kind the
 * stricter one counts; the state of a rate is shared by all.
 *
 * @module
 */

import { type Duration, toMs } from "../base/duration.ts";
import { integerOption, knownOptions, nameOption, oneOf } from "../base/options.ts";

/** A limit on the rate of new tasks. */
export interface AdmissionRate {
  /** The most tasks in `per`, 1 to 1,000,000, and at most 1,000 in a millisecond. */
  limit: number;
  /** 1 ms to 30 days. */
  per: Duration;
  /**
   * The most tasks at once after a quiet time; `limit` by default. They come
   * on top: within one `per` that follows a quiet time, at most `burst + limit`.
   */
  burst?: number;
  /**
   * Whether the rate is that of all tasks (default), or that of each tenant: then
   * tasks without one are not bound by it.
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

/** The limits that are stored with a queue, for every producer and worker; `null` for none. */
export type QueueLimits =
  & { [K in keyof AdmissionOptions]?: AdmissionOptions[K] | null }
  & {
    /** The most tasks of the queue that run at the same time, over all workers; 1 to 1,000,000. */
    concurrency?: number | null;
  };

const many = { min: 1, max: 100_000_000 };
const long = { min: 1, max: 2_592_000_000 };

/** Each limit as the scripts know it: its name there, and its value as a text without blanks. */
const kinds: {
  readonly [K in keyof QueueLimits]-?: {
    readonly name: string;
    write(option: string, value: unknown): string;
    read(text: string): NonNullable<QueueLimits[K]>;
  };
} = {
  maxDepth: { name: "depth", write: (o, v) => `${integerOption(o, v, many)}`, read: Number },
  maxAge: { name: "age", write: (o, v) => `${toMs(o, v, long)}`, read: Number },
  rate: { name: "rate", write: writeRate, read: readRate },
  maxPerTenant: { name: "tenant", write: (o, v) => `${integerOption(o, v, many)}`, read: Number },
  concurrency: {
    name: "concurrency",
    write: (o, v) => `${integerOption(o, v, { min: 1, max: 1_000_000 })}`,
    read: Number,
  },
};

const names = Object.keys(kinds) as (keyof QueueLimits)[];
const producerNames = names.filter((name) => name !== "concurrency");

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

function readRate(text: string): AdmissionRate {
  const [limit, per, burst, by] = text.split("/");
  return {
    limit: Number(limit),
    per: Number(per),
    burst: Number(burst),
    by: by as "queue" | "tenant",
  };
}

/**
 * Reads the limits that a producer brings along: a text for each queue.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function producerLimits(given: unknown): ReadonlyMap<string, string> {
  if (typeof given !== "object" || given === null) {
    throw new TypeError('Cannot use option "admission": it must be an object of limits by queue');
  }
  return new Map(
    Object.entries(given).map(([queue, limits]) => {
      nameOption("queue", queue);
      knownOptions(`admission of "${queue}"`, limits, producerNames);
      const set = Object.entries(limits as AdmissionOptions) as [keyof AdmissionOptions, unknown][];
      const texts = set.map(([key, value]) =>
        `${kinds[key].name}=${kinds[key].write(`admission.${key}`, value)}`
      );
      return [queue, texts.join(" ")];
    }),
  );
}

/**
 * Reads the limits of a queue: a row for each that is given, without a value for
 * one that is to be removed.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function limitRows(given: QueueLimits): { name: string; value: string }[] {
  knownOptions("limit()", given, names);
  return (Object.entries(given) as [keyof QueueLimits, unknown][]).map(([key, value]) => ({
    name: kinds[key].name,
    value: value === null ? "" : kinds[key].write(key, value),
  }));
}

/** The limits of a queue, from what its partition stores of them. */
export function storedLimits(limits: string, concurrency: string): QueueLimits {
  const texts = new Map(limits.split(" ").map((each) => each.split("=") as [string, string]));
  if (concurrency !== "") texts.set("concurrency", concurrency);
  const found = names.filter((key) => texts.has(kinds[key].name));
  return Object.fromEntries(
    found.map((key) => [key, kinds[key].read(texts.get(kinds[key].name)!)]),
  );
}
