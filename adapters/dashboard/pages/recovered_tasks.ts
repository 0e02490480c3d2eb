/**
 * Tasks whose worker was lost, and how long nobody noticed: by Redis's own clock,
 * from the last proof of life to the sweep that brought the task back.
 *
 * @module
 */

import type { TaskDetails, TaskSummary } from "../../../mod.ts";
import { spanOf } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { RequestContext } from "../page.ts";
import { badge, type Column, moment, section, table } from "../ui/components.ts";

/** A task that was brought back. */
interface ResurrectedTask {
  readonly task: TaskSummary;
  readonly cause: string;
  /** When. */
  readonly at: Date;
  /** How long it was without a worker until then; null if an older version brought it back. */
  readonly unseenMs: number | null;
}

/** How many are looked up; each is a call. */
const most = 10;
const mostQueues = 5;

/** The tasks that were brought back and have not come to their end: some that run, and suspects. */
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
    // It may have come to its end meanwhile.
    tasks.map((task) => rl.queue(task.queue).inspect(task.id).then(readRaised, () => [])),
  );
  return found.flat().sort((a, b) => b.at.getTime() - a.at.getTime());
}

function readRaised(task: TaskDetails): ResurrectedTask[] {
  const last = task.history.at(-1);
  if (!last) return [];
  const alive = Number(task.facts["alive"] ?? 0);
  const unseenMs = alive > 0 ? Math.max(0, last.end.getTime() - alive) : null;
  return [{ task, cause: last.cause, at: last.end, unseenMs }];
}

/** They as a table. */
export function resurrectedList(raised: readonly ResurrectedTask[], now: number): Html {
  const columns: Column<ResurrectedTask>[] = [
    {
      title: "task",
      of: ({ task: { id, name } }) =>
        html`<a href="tasks/${encodeURIComponent(id)}"><b>${name}</b> <span class="dim mono">${
          id.split("~").at(-1)!.slice(0, 8)
        }</span></a>`,
    },
    { title: "what ended its worker", of: ({ cause }) => cause },
    {
      title: "noticed in",
      number: true,
      of: ({ unseenMs }) => unseenMs === null ? "—" : html`<b>${spanOf(unseenMs)}</b>`,
    },
    { title: "brought back", number: true, of: ({ at }) => moment(at, now) },
    { title: "times", number: true, wide: true, of: ({ task }) => task.resurrections },
    {
      title: "now",
      of: ({ task: { state } }) => badge(state, state === "running" ? "busy" : "warn"),
    },
  ];
  return section(
    "Brought back, and not yet at their end",
    table(raised, columns, {
      keyOf: ({ task }) => task.id,
      label: "Tasks that were brought back",
      empty: "None now.",
    }),
    html`<span>from the last proof of life to the sweep, by Redis's clock</span>`,
  );
}
