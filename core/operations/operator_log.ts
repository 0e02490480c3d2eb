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

/** An action of an operator. Never holds any part of a payload. */
export interface OperatorAction {
  /** The operator: a name, or another identification. At most 200 characters. */
  readonly actor: string;
  /** The action, such as `queue.pause`. At most 64 characters. */
  readonly action: string;
  /** The target: an id, a queue, a worker, or a filter in words. At most 512 characters. */
  readonly target: string;
  /** The tool it was requested from, such as `dashboard` or `cli`. At most 64 characters. */
  readonly surface: string;
}

/** A logged action of an operator. */
export interface RecordedAction extends OperatorAction {
  /** The time of the action, by the clock of Redis. */
  readonly at: Date;
}

/** A page of logged actions. */
export interface ActionPage {
  /** The actions, the latest first. */
  readonly actions: readonly RecordedAction[];
  /** The cursor of the next page; null after the oldest logged action. */
  readonly cursor: string | null;
}

/** Options of a page of logged actions. */
export interface ActionPageOptions {
  /** The cursor of the previous page. */
  cursor?: string;
  /** 1 to 200; 50 by default. */
  limit?: number;
}

const most = { actor: 200, action: 64, target: 512, surface: 64 } as const;
const names = Object.keys(most) as (keyof typeof most)[];

/** Logs `action` at `partition`. */
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

/** Reads one page of the log at `partition`. */
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
    actions: found.flatMap(([entry, score]) => readEntry(entry, Number(score))),
    cursor: found.length < limit ? null : String(found.at(-1)![1]),
  };
}

/** The logged action; none if another program wrote the entry. */
function readEntry(entry: string, us: number): RecordedAction[] {
  try {
    const [, actor, action, target, surface] = JSON.parse(entry);
    return [{ actor, action, target, surface, at: new Date(us / 1000) }];
  } catch {
    return [];
  }
}
