/**
 * The log of operator actions. It is stored beside the tasks, so that one log covers every
 * tool.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { listActions, recordAction as recordActionScript } from "../redis/generated/operations.ts";
import { integerOption, keyOption, knownOptions } from "../base/options.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { shown } from "../base/safe_text.ts";
import { defaultPageRows, maxPageRows } from "../defaults.ts";

/** Something an operator does. Never holds anything of a payload. */
export interface OperatorAction {
  /** Who: a name, or what is known of them. At most 200 characters. */
  readonly actor: string;
  /** What is done, such as `queue.pause`. At most 64 characters. */
  readonly action: string;
  /** To what: an id, a queue, a worker, or a filter in words. At most 512 characters. */
  readonly target: string;
  /** Where it was asked for, such as `dashboard` or `cli`. At most 64 characters. */
  readonly surface: string;
}

/** Something an operator did. */
export interface RecordedAction extends OperatorAction {
  /** By Redis's clock. */
  readonly at: Date;
}

/** A page of what operators did. */
export interface ActionPage {
  /** The last first. */
  readonly actions: readonly RecordedAction[];
  /** For the next page; null behind the first action that is kept. */
  readonly cursor: string | null;
}

/** Which page of what operators did. */
export interface ActionPageOptions {
  /** The cursor of the page before. */
  cursor?: string;
  /** 1 to 200; 50 by default. */
  limit?: number;
}

const most = { actor: 200, action: 64, target: 512, surface: 64 } as const;
const names = Object.keys(most) as (keyof typeof most)[];

/** Keeps `action`, at `partition`. */
export async function recordAction(
  caller: Caller,
  partition: Partition,
  action: OperatorAction,
): Promise<void> {
  knownOptions("recordAction()", action, names);
  const values = names.map((name) => keyOption(name, action[name], most[name]));
  await call(caller, partition, recordActionScript, {
    entry: JSON.stringify([randomLocal(), ...values]),
  });
  (await caller.telemetry?.())?.operatorActed(action);
}

/** One page of what was kept at `partition`. */
export async function readActions(
  caller: Caller,
  partition: Partition,
  options: ActionPageOptions,
): Promise<ActionPage> {
  knownOptions("actions()", options, ["cursor", "limit"]);
  const { cursor = "", limit = defaultPageRows } = options;
  integerOption("limit", limit, { min: 1, max: maxPageRows });
  if (typeof cursor !== "string" || !/^\d{0,17}$/.test(cursor)) {
    throw new RangeError(
      `Cannot use option "cursor": it must be the cursor of a page: current value is ${
        shown(cursor)
      }`,
    );
  }
  const [, , , entries] = await call(caller, partition, listActions, { before: cursor, limit });
  const found = pairs(entries);
  return {
    actions: found.map(([entry, score]) => {
      const [, actor, action, target, surface] = JSON.parse(entry);
      return { actor, action, target, surface, at: new Date(Number(score) / 1000) };
    }),
    cursor: found.length < limit ? null : String(found.at(-1)![1]),
  };
}
