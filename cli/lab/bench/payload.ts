/**
 * Payloads from 100 bytes to 256 KB.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { Series } from "./series.ts";

/** Sizes in bytes, and the share of the tasks for each. */
const sizes: readonly (readonly [label: string, bytes: number, share: number])[] = [
  ["100 B", 100, 0.5],
  ["1 KB", 1_024, 0.5],
  ["16 KB", 16_384, 0.2],
  ["256 KB", 262_144, 0.04],
];
const concurrency = 50;
const maxWeight = 2;

/** Pushes in batches and runs, at each size. */
export function payload({ tasks, rounds, entrants }: Effort): Series[] {
  return sizes.map(([label, payloadBytes, share]) => ({
    title: `payload of ${label}`,
    entrants: entrants.filter((name) => name !== "bullmq-removing" && name !== "groupmq"),
    rounds,
    payloadBytes,
    plan: (weight) => ({
      ...{ kind: "work", concurrency, handlerMs: 0 },
      tasks: Math.ceil(tasks * share * Math.min(maxWeight, weight)),
    }),
    figures: [
      { key: "perSecond", name: `no-op tasks, payload of ${label}`, unit: "tasks/s" },
      { key: "lifecycleRedisUs", name: `Redis CPU per lifecycle, payload of ${label}`, unit: "µs" },
    ],
  }));
}
