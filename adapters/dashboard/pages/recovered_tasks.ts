/**
 * Resurrected tasks that have not finished, and how long each was without a worker: by the
 * clock of Redis, from the last heartbeat to the sweep.
 *
 * @module
 */

import type { TaskDetails, TaskSummary } from "../../../mod.ts";
import { spanOf } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { RequestContext } from "../page.ts";
import { badge, type Column, moment, section, table } from "../ui/components.ts";

/** A task after its resurrection. */
interface ResurrectedTask {
  readonly task: TaskSummary;
  readonly cause: string;
  /** The time of the resurrection. */
  readonly at: Date;
  /** The time the task was without a worker; null if an older version resurrected it. */
  readonly unseenMs: number | null;
}

/** The most tasks that are looked up, with a call each. */
const most = 10;
const mostQueues = 5;

/** The resurrected tasks that have not finished: running and quarantined ones. */
export async function resurrectedTasks(
  { queues }: Snapshot,
  running: readonly TaskSummary[],
  { rl }: RequestContext,
): Promise<ResurrectedTask[]> {
  const held = queues.filter(({ stats }) => stats.counts.quarantined > 0).slice(0, mostQueues);
  const pages = await Promise.all(
    held.map(({ name }) => rl.queue(name).page("quarantined", { limit: most })),
  );
  const tasks = [...running, ...pages.flatMap(({ tasks }) => tasks)]
    .filter(({ resurrections }) => resurrections > 0).slice(0, most);
  const found = await Promise.all(
    // The task may have finished in the meantime.
    tasks.map((task) => rl.queue(task.queue).inspect(task.id).then(readResurrected, () => [])),
  );
  return found.flat().sort((a, b) => b.at.getTime() - a.at.getTime());
}

function readResurrected(task: TaskDetails): ResurrectedTask[] {
  const last = task.history.at(-1);
  if (!last) return [];
  const alive = Number(task.facts["alive"] ?? 0);
  const unseenMs = alive > 0 ? Math.max(0, last.end.getTime() - alive) : null;
  return [{ task, cause: last.cause, at: last.end, unseenMs }];
}

/** The tasks as a table. */
export function resurrectedList(tasks: readonly ResurrectedTask[], now: number): Html {
  const columns: Column<ResurrectedTask>[] = [
    {
      title: "task",
      of: ({ task: { id, name } }) =>
        html`<a href="tasks/${encodeURIComponent(id)}"><b>${name}</b> <span class="dim mono">${
          id.split("~").at(-1)!.slice(0, 8)
        }</span></a>`,
    },
    { title: "cause", of: ({ cause }) => cause },
    {
      title: "detected in",
      number: true,
      of: ({ unseenMs }) => unseenMs === null ? "—" : html`<b>${spanOf(unseenMs)}</b>`,
    },
    { title: "resurrected", number: true, of: ({ at }) => moment(at, now) },
    { title: "times", number: true, wide: true, of: ({ task }) => task.resurrections },
    {
      title: "state",
      of: ({ task: { state } }) => badge(state, state === "running" ? "busy" : "warn"),
    },
  ];
  return section(
    "Resurrected and unfinished tasks",
    table(tasks, columns, {
      keyOf: ({ task }) => task.id,
      label: "Resurrected and unfinished tasks",
      empty: "None: no worker was lost with a task that has not finished since.",
    }),
    html`<span>from the last heartbeat to the sweep, by the clock of Redis</span>`,
  );
}
