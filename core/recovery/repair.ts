/**
 * Repairs the findings of an audit. The script reads each task again, so a task that was
 * only moving during the audit is left as it is.
 *
 * @module
 */

import { type Finding, findingsAt, isUnreadable, isWrongKey } from "../inspection/audit.ts";
import { batches } from "../base/batches.ts";
import { defaultLeaseMs, defaultRetentionMs } from "../defaults.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller } from "../redis/call.ts";
import { mendKeys as mendKeysScript, repair } from "../redis/generated/operations.ts";

const localLength = 22;

/** Repairs everything at `partition`, or with `dry` only plans it; resolves to a sentence for each repair. */
export async function repairPartition(
  caller: Caller,
  partition: Partition,
  dry: boolean,
): Promise<string[]> {
  const args = {
    dry: Number(dry),
    recount: 0,
    leaseMs: defaultLeaseMs,
    keepMs: defaultRetentionMs,
  };
  const found = await findingsAt(caller, partition);
  const done = await mendKeys(caller, partition, found, dry);
  const tasks = found.some(isWrongKey) && !dry ? await findingsAt(caller, partition) : found;
  const rows = tasks.filter((finding) => !isUnreadable(finding)).map(({ section, entry }) => ({
    id: entry.slice(-localLength),
    section,
    entry,
  }));
  for (const batch of batches(rows)) {
    const [, , , repairs] = await call(caller, partition, repair, args, batch);
    done.push(...repairs as string[]);
  }
  // Restored places change the counts, so a plan cannot foresee them.
  if (dry && done.length > 0) return done;
  const [, , , repairs] = await call(caller, partition, repair, { ...args, recount: 1 });
  return [...done, ...repairs as string[]];
}

/** Puts aside what cannot be read besides tasks; resolves to a sentence for each repair. */
async function mendKeys(
  caller: Caller,
  partition: Partition,
  found: readonly Finding[],
  dry: boolean,
): Promise<string[]> {
  const rows = found.filter(isUnreadable).map(({ section, entry }) => ({ section, entry }));
  const done: string[] = [];
  for (const batch of batches(rows)) {
    const [, , , mended] = await call(
      caller,
      partition,
      mendKeysScript,
      { dry: Number(dry) },
      batch,
    );
    done.push(...mended as string[]);
  }
  return done;
}
