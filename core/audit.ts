/**
 * The invariants, checked against what Redis holds: every task is in one state
 * and its record says so, what runs is held by one claim, nothing is kept that
 * nothing refers to, and as many tasks are there as came and did not go.
 *
 * @module
 */

import type { Home } from "./keys.ts";
import type { Reply } from "./port.ts";
import { call, type Caller } from "./script.ts";
import { audit, stats } from "./scripts.ts";
import { states } from "./states.ts";

const sections = [
  ...Object.keys(states),
  "task",
  "record",
  "partial",
  "steps",
  "waiters",
  "holds",
];
const batch = 200;

/** Walks everything at `home` in batches; resolves to a sentence for each thing that is wrong. */
export async function auditHome(caller: Caller, home: Home): Promise<string[]> {
  const broken: string[] = [];
  for (const section of sections) {
    let cursor = "0";
    do {
      const [, , , next, found] = await call(caller, home, audit, {
        section,
        cursor,
        limit: batch,
      });
      broken.push(...(found as string[]).map((what) => `${section}: ${what}`));
      cursor = next;
    } while (cursor !== "0");
  }
  const [, , , counts, counters] = await call(caller, home, stats, {});
  const kept = sum(counts);
  const orphans = count(counters, "orphan");
  const expected = count(counters, "created") - count(counters, "removed") - orphans;
  if (kept !== expected) {
    broken.push(`totals: ${expected} tasks should be here by what came and went, and ${kept} are`);
  }
  return [...new Set(broken)];
}

function sum(flat: readonly Reply[]): number {
  return flat.reduce<number>((total, value, i) => i % 2 ? total + Number(value) : total, 0);
}

function count(flat: readonly Reply[], name: string): number {
  const at = flat.indexOf(name);
  return at < 0 ? 0 : Number(flat[at + 1]);
}
