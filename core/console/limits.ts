/**
 * Limits of a queue as operators write and read them: one text for each option of
 * `rl queues limit` and each field of the form, and one sentence for each limit.
 *
 * @module
 */

import type { QueueLimits } from "../../mod.ts";
import { count, durationText, plural, readDuration, spanOf } from "./format.ts";

/** Options that set limits, in the order in which they are shown. */
export const limitOptions = [
  "rate",
  "burst",
  "depth",
  "age",
  "tenant",
  "concurrency",
  "by",
] as const;

/** Name of such an option. */
export type LimitOption = typeof limitOptions[number];

/** Texts of the options; one that is absent or empty sets nothing. */
export type LimitTexts = { readonly [K in LimitOption]?: string | undefined };

/** Error for a text that is not a limit. */
export class LimitError extends Error {
  /** Name of the error. */
  override name = "LimitError";
  /** The option. */
  readonly option: LimitOption;
  /** The text it was given. */
  readonly text: string;
  /** An example of what is accepted; empty if the message says it. */
  readonly hint: string;
  /** Creates the error. */
  constructor(option: LimitOption, text: string, why: string, hint = "") {
    super(why);
    [this.option, this.text, this.hint] = [option, text, hint];
  }
}

/** Every limit, as one to remove. */
export const noLimits: QueueLimits = {
  maxDepth: null,
  maxAge: null,
  rate: null,
  maxPerTenant: null,
  concurrency: null,
};

/** Largest number that any limit takes; some take less, and the queue refuses more. */
const largest = 100_000_000;

/** Reads the limits that the texts set; `none` removes one. @throws {LimitError} */
export function readLimits(texts: LimitTexts): QueueLimits {
  const number = (option: LimitOption, text: string): number => {
    const value = /^[+]?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= 1 && value <= largest) return value;
    throw new LimitError(option, text, `it must be a whole number from 1 to ${largest}`);
  };
  const age = (option: LimitOption, text: string): number => {
    const ms = Math.round(readDuration(text) ?? 0);
    if (ms >= 1) return ms;
    throw new LimitError(option, text, "it must be a time of 1ms or more", "write it like 5m");
  };
  const read = <T>(
    option: LimitOption,
    by: (option: LimitOption, text: string) => T,
  ): T | null | undefined => {
    const text = texts[option]?.trim();
    return !text ? undefined : text === "none" ? null : by(option, text);
  };
  const rate = read("rate", rateOf);
  const limits = {
    maxDepth: read("depth", number),
    maxAge: read("age", age),
    maxPerTenant: read("tenant", number),
    concurrency: read("concurrency", number),
  };
  const burst = read("burst", number);
  const by = read("by", scopeOf);
  if (rate === undefined && (burst || by)) {
    const option = burst ? "burst" : "by";
    throw new LimitError(option, texts[option]!, "it needs a rate", "add a rate such as 100/1s");
  }
  const set = { ...limits, rate: rate && { ...rate, ...burst && { burst }, ...by && { by } } };
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}

function scopeOf(option: LimitOption, text: string): "queue" | "tenant" {
  if (text === "queue" || text === "tenant") return text;
  throw new LimitError(option, text, "it must be one of queue, tenant");
}

function rateOf(option: LimitOption, text: string): { limit: number; per: number } {
  const rate = readRate(text);
  if (rate) return rate;
  throw new LimitError(option, text, "it is not a rate", "write it like 10/s, 100/1m or 1000/24h");
}

/** Reads a rate such as `10/s` or `100/1m`, `per` in ms; undefined if it is not a rate. */
export function readRate(text: string): { limit: number; per: number } | undefined {
  const [, limit, length = "1", unit] = /^(\d{1,7})\/(\d{1,6})?(ms|s|m|h|d)$/.exec(text) ?? [];
  const rate = { limit: Number(limit), per: readDuration(length + unit) ?? 0 };
  return rate.limit > 0 && rate.per > 0 ? rate : undefined;
}

/** The texts that {@linkcode readLimits} reads as `limits`. */
export function limitTexts(limits: QueueLimits): LimitTexts {
  const { maxDepth, maxAge, rate, maxPerTenant, concurrency } = limits;
  return {
    ...rate && {
      rate: `${rate.limit}/${durationText(Number(rate.per))}`,
      burst: String(rate.burst ?? rate.limit),
      ...rate.by && { by: rate.by },
    },
    ...maxDepth && { depth: String(maxDepth) },
    ...maxAge && { age: durationText(Number(maxAge)) },
    ...maxPerTenant && { tenant: String(maxPerTenant) },
    ...concurrency && { concurrency: String(concurrency) },
  };
}

/** The limits in words, one each. */
export function describeLimits(limits: QueueLimits): string[] {
  const { maxDepth, maxAge, rate, maxPerTenant, concurrency } = limits;
  return [
    rate &&
    `${plural(rate.limit, "task")} in ${spanOf(Number(rate.per))}${
      rate.by === "tenant" ? " for each tenant" : ""
    }, ${count(rate.burst ?? rate.limit)} at once`,
    maxDepth && `at most ${count(maxDepth)} waiting`,
    maxAge && `none while the oldest has waited for ${spanOf(Number(maxAge))}`,
    maxPerTenant && `at most ${count(maxPerTenant)} unfinished of a tenant`,
    concurrency && `at most ${count(concurrency)} running at a time`,
  ].filter((each): each is string => typeof each === "string");
}
