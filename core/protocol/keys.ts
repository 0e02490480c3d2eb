/**
 * The names of Redis keys, and the ids of tasks.
 *
 * The keys of one partition of a queue share a hash tag, so one script can
 * declare them all and a cluster keeps them in one slot. An id carries its
 * partition, `<queue>~<partition>~<local>`: finding a task needs no index.
 *
 * Why one hash of envelopes and a sorted set of ids (`npm run bench:layout`,
 * 100,000 tasks of 100 bytes, Redis 7.0.15, 2 cores, 2026-11-22):
 *
 * | layout                      | bytes | Redis µs in | out |
 * | --------------------------- | ----- | ----------- | --- |
 * | a hash for each task, list  | 523   | 6.0         | 10  |
 * | one hash, list              | 259   | 5.6         | 7.7 |
 * | one hash, sorted set (ours) | 362   | 9.4         | 10  |
 *
 * The list is cheaper, but supports neither priority nor cancelling nor an audit
 * by id; a hash for each task would need keys that no script can declare.
 *
 * @module
 */

import { states, type TaskState } from "../states.ts";
import { shown } from "../base/safe_text.ts";

/** The keys of a partition: a sorted set for each state, then the others. */
export const keyNames: readonly KeyName[] = [
  ...Object.keys(states) as TaskState[],
  "meta",
  "task",
  "record",
  "partial",
  "steps",
  "holds",
  "workers",
  "worker",
  "waiters",
  "bell",
  "tenants",
  "deferred",
  "rate",
  "minutes",
  "hours",
  "aside",
  "queues",
  "actions",
];

/**
 * The name of a key.
 *
 * `meta` hash of the partition's own numbers · `task` hash of envelopes ·
 * `record` hash of the history of each task, absent while it waits for
 * its first claim · `partial`, `steps` hashes of work in progress · `holds`
 * sorted set `<worker>~<local>` of the tasks each worker runs · `workers` sorted set
 * of workers by last beat · `worker` hash about each · `waiters` hash of the
 * clients that wait for a result · `bell` list that wakes an idle worker · `tenants` sorted
 * set `<tenant>\1<local>` of unfinished tasks that have one · `deferred` sorted set
 * `<name>\1<version>\1<place>\1<local>` of tasks that wait for a worker that knows them · `rate` sorted set of
 * when each bucket of a rate will be full again · `minutes`, `hours` hashes of the counts of the last day and of the last 30 days,
 * which expire by themselves; see lua/lib/history_rings.lua · `aside` hash of the keys of a wrong type that a
 * repair has replaced, as DUMP writes them · `queues` sorted set of the queues
 * in use, in a partition of its own · `actions` sorted set of operator actions, beside it.
 */
export type KeyName =
  | TaskState
  | "meta"
  | "task"
  | "record"
  | "partial"
  | "steps"
  | "holds"
  | "workers"
  | "worker"
  | "waiters"
  | "bell"
  | "tenants"
  | "deferred"
  | "rate"
  | "minutes"
  | "hours"
  | "aside"
  | "queues"
  | "actions";

/** One partition of a queue: the unit that has keys, an order and a fence. */
export interface Partition {
  /** The queue's name. */
  readonly queue: string;
  /** 0 to 1023. */
  readonly index: number;
  /** The beginning of every key and channel, such as `rl:{default~0}:`. */
  readonly root: string;
}

/** The partition `index` of a queue, under `prefix`. */
export function partitionOf(queue: string, index = 0, prefix = "rl"): Partition {
  return { queue, index, root: `${prefix}:{${queue}~${index}}:` };
}

/** The key `name` at `partition`. */
export function keyOf(partition: Partition, name: KeyName): string {
  return partition.root + name;
}

/** The channel on which the worker or client `id` listens at `partition`. */
export function channelOf(partition: Partition, id: string): string {
  return `${partition.root}@${id}`;
}

/** The full id of the task stored as `local` at `partition`. */
export function idOf(partition: Partition, local: string): string {
  return `${partition.queue}~${partition.index}~${local}`;
}

const idPattern = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})~(\d{1,4})~([A-Za-z0-9_-]{22})$/;

/** The parts of a full id, or `null` if it is not one. */
export function parseId(
  id: unknown,
): { readonly queue: string; readonly partition: number; readonly local: string } | null {
  const parts = typeof id === "string" ? idPattern.exec(id) : null;
  return parts && { queue: parts[1]!, partition: Number(parts[2]), local: parts[3]! };
}

/** The part of a full id that is stored at `partition`. @throws RangeError for an id of another queue. */
export function localOf(id: unknown, partition: Partition): string {
  const parts = parseId(id);
  if (parts?.queue === partition.queue && parts.partition === partition.index) return parts.local;
  throw new RangeError(`Cannot use id ${shown(id)}: it is not an id of queue "${partition.queue}"`);
}

/** The line of a script that makes the table `KEY` of its keys by name; they are behind `place`. */
export function keyTable(keys: readonly KeyName[], place?: string): string {
  const before = place === undefined ? "" : `${place} + `;
  const entries = keys.map((name, i) => `${name} = KEYS[${before}${i + 1}]`);
  return `local KEY = { ${entries.join(", ")} }\n`;
}

/** The first ten characters of the local id: enough for a column, and accepted by commands. */
export function shortId(id: string): string {
  return id.slice(id.lastIndexOf("~") + 1).slice(0, 10);
}
