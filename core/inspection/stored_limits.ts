/**
 * Reads the limits that are stored with a queue.
 *
 * @module
 */

import { type AdmissionRate, limitNames, type QueueLimits } from "../protocol/limits.ts";

/** The limits of a queue, from the texts that its partition stores. */
export function storedLimits(limits: string, concurrency: string): QueueLimits {
  const texts = new Map(limits.split(" ").map((each) => each.split("=") as [string, string]));
  if (concurrency !== "") texts.set(limitNames.concurrency, concurrency);
  const found = Object.entries(limitNames).filter(([, name]) => texts.has(name));
  return Object.fromEntries(found.map(([key, name]) => {
    const text = texts.get(name)!;
    return [key, key === "rate" ? readRate(text) : Number(text)];
  }));
}

function readRate(text: string): AdmissionRate {
  const numbers = text.split("/");
  const by = numbers.pop() as "queue" | "tenant";
  const [limit, per, burst] = numbers.map(Number) as [number, number, number];
  return { limit, per, burst, by };
}
