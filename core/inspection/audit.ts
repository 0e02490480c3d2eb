/**
 * Checks the invariants of a queue in Redis. Every task is in one state and its record
 * agrees. One claim holds each running task. Every stored entry belongs to a task, and can be
 * read. The number of tasks equals those that came minus those that left.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import { audit, stats } from "../redis/generated/operations.ts";
import { states } from "../states.ts";
import { rowsPerCall } from "../defaults.ts";

/** A violated invariant. */
export interface Finding {
  /** The state or the hash it was found in. */
  readonly section: string;
  /**
   * The local id of a task; in `holds`, `tenants` and `deferred` at the end of the entry. In
   * `keys`, `meta` and `worker` the name of a key, a field or a worker.
   */
  readonly entry: string;
  readonly what: string;
}

const sections = [
  "meta",
  "worker",
  ...Object.keys(states),
  "task",
  "record",
  "partial",
  "steps",
  "waiters",
  "holds",
  "tenants",
  "deferred",
];

/** Checks everything at `partition`; resolves to a sentence for each violation. */
export async function auditPartition(caller: Caller, partition: Partition): Promise<string[]> {
  const found = await findingsAt(caller, partition);
  const broken = found.map(({ section, entry, what }) => `${section}: ${entry} ${what}`);
  if (found.some(isWrongKey)) return broken;
  const [, , , counts, counters] = await call(caller, partition, stats, {});
  const kept = sum(counts);
  const orphans = count(counters, "orphan");
  const expected = count(counters, "created") - count(counters, "removed") - orphans;
  if (kept !== expected) {
    broken.push(`totals: ${expected} tasks came and did not leave, but ${kept} are stored`);
  }
  return [...new Set(broken)];
}

/**
 * Checks everything at `partition` in batches; resolves to the violations. If keys are of a wrong
 * type, those are all: nothing else can be checked.
 */
export async function findingsAt(caller: Caller, partition: Partition): Promise<Finding[]> {
  const found = await findingsIn(caller, partition, wrongKeys);
  if (found.length > 0) return found;
  for (const section of sections) found.push(...await findingsIn(caller, partition, section));
  return found;
}

const wrongKeys = "keys";

/** Returns true if a key as a whole is of a wrong type. */
export function isWrongKey({ section }: Finding): boolean {
  return section === wrongKeys;
}

/** Returns true if something besides tasks cannot be read: a key, a number, an entry of a worker. */
export function isUnreadable(finding: Finding): boolean {
  return isWrongKey(finding) || finding.section === "meta" || finding.section === "worker";
}

async function findingsIn(
  caller: Caller,
  partition: Partition,
  section: string,
): Promise<Finding[]> {
  const found: Finding[] = [];
  let cursor = "0";
  do {
    const args = { section, cursor, limit: rowsPerCall };
    const [, , , next, broken] = await call(caller, partition, audit, args);
    for (let i = 0; i < broken.length; i += 2) {
      found.push({ section, entry: broken[i] as string, what: broken[i + 1] as string });
    }
    cursor = next;
  } while (cursor !== "0");
  return found;
}

function sum(flat: readonly Reply[]): number {
  return flat.reduce<number>((total, value, i) => i % 2 ? total + Number(value) : total, 0);
}

function count(flat: readonly Reply[], name: string): number {
  const at = flat.indexOf(name);
  return at < 0 ? 0 : Number(flat[at + 1]);
}
