/**
 * The budgets: bounds of ratios in one run on one machine. An absolute figure promises
 * nothing, except in bytes, of a page, and in the time until a task runs again.
 *
 * @module
 */

import { pageResults } from "./dashboard.ts";
import type { Result } from "./result.ts";

/** A bound of a number. */
type Bound = readonly ["≥" | "≤", number];

/** The bounds of a result: of its `value`, of its `max`, or of a ratio by contestant. */
type Budget = Readonly<Record<string, Bound>>;

/** The budgets by the name of the result. */
const budgets: Readonly<Record<string, Budget>> = {
  "no-op tasks, concurrency 1": { bullmq: ["≥", 1.3] },
  "no-op tasks, concurrency 10": { bullmq: ["≥", 2], "bee-queue": ["≥", 1.5] },
  "no-op tasks, concurrency 50": {
    bullmq: ["≥", 4],
    "bee-queue": ["≥", 2.2],
    floor: ["≥", 0.45],
  },
  "no-op tasks, concurrency 100": {
    bullmq: ["≥", 5],
    "bee-queue": ["≥", 3],
    floor: ["≥", 0.45],
  },
  "Redis CPU per lifecycle, concurrency 50": { bullmq: ["≤", 0.2] },
  "Redis CPU per lifecycle, concurrency 100": { bullmq: ["≤", 0.2] },
  "push, one by one": { bullmq: ["≥", 1.3], "bee-queue": ["≥", 1] },
  "push, 100 at once": { bullmq: ["≥", 3], "bee-queue": ["≥", 1] },
  "push, batches of 1000": { bullmq: ["≥", 6], "bee-queue": ["≥", 1] },
  "push to handler, idle worker, p50": { bullmq: ["≤", 1], floor: ["≤", 1.3] },
  "a waiting task takes": { value: ["≤", 375] },
  "Redis CPU per push, 1,000,000 waiting": { least: ["≤", 1.1] },
  "Redis CPU per task, 1,000,000 waiting": { least: ["≤", 1.1] },
  "share of a Redis core, an idle worker, 1,000 queues": { value: ["≤", 3] },
  "push to the end of the last task, 1,000 queues": { value: ["≤", 5_000] },
  "share of a Redis core, one queue, 50 idle workers": { least: ["≤", 2] },
  "share of a Redis core, one queue, 200 idle workers": { least: ["≤", 2] },
  "a backlog of no-op tasks, due at once": { waiting: ["≥", 0.7] },
  "listing 50,000 dead tasks": { value: ["≤", 5_000] },
  "releasing 50,000 dead tasks": { value: ["≤", 10_000] },
  ...Object.fromEntries(pageResults.map((name) => [name, { value: ["≤", 30] as const }])),
  "admit(), all limits set, p50": { ping: ["≤", 2] },
  "admit(), all limits set, p99": { value: ["≤", 1] },
  "SIGKILL to running again, p50": { value: ["≤", 1_000], max: ["≤", 2_000] },
  "SIGKILL to running again, supervised, p50": { value: ["≤", 200] },
};

/** Adds the budget of a result, and if it is met; a bound without a number says nothing. */
export function withBudget(result: Result): Result {
  const bounds = Object.entries(budgets[result.name] ?? {});
  if (bounds.length === 0) return result;
  const budget = Object.fromEntries(bounds.map(([of, [sign, bound]]) => [of, `${sign} ${bound}`]));
  const verdicts = bounds.flatMap(([of, [sign, bound]]) => {
    const number = of === "value"
      ? result.value
      : of === "max"
      ? result.spread[1]
      : result.ratio[of];
    return number === undefined ? [] : [sign === "≥" ? number >= bound : number <= bound];
  });
  return { ...result, budget, ...verdicts.length > 0 && { ok: verdicts.every(Boolean) } };
}
