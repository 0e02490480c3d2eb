/**
 * Relier on each runtime, and with each Redis client.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import { findRuntimes } from "./find_runtimes.ts";
import type { Variant, Variants } from "./variants.ts";

const concurrency = 50;
const weight = 2;

/** Each runtime that is found, with its own client. */
export function runtimes(effort: Effort): Variants[] {
  const found = findRuntimes();
  return compared(
    effort,
    "runtimes",
    "node",
    found.map((runtime) => ({ label: runtime.name, runtime })),
  );
}

/** ioredis on Node, and where there is Bun, ioredis and Bun's own client. */
export function ports(effort: Effort): Variants[] {
  const bun = findRuntimes().filter(({ name }) => name === "Bun");
  return compared(effort, "Redis clients", "ioredis on node", [
    { label: "ioredis on Node" },
    ...bun.flatMap((runtime): Omit<Variant, "plan">[] => [
      { label: "ioredis on Bun", runtime, contestant: "relier-ioredis" },
      { label: "Bun's client", runtime },
    ]),
  ]);
}

function compared(
  { tasks, rounds }: Effort,
  title: string,
  base: string,
  variants: readonly Omit<Variant, "plan">[],
): Variants[] {
  const plan = { kind: "work", concurrency, tasks: weight * tasks, handlerMs: 0 } as const;
  return [{
    title,
    rounds,
    base,
    variants: variants.map((each) => ({ ...each, plan })),
    figures: [
      { key: "perSecond", name: `no-op tasks, concurrency ${concurrency}`, unit: "tasks/s" },
      { key: "nodeUs", name: "CPU of the runtime per task", unit: "µs" },
    ],
  }];
}
