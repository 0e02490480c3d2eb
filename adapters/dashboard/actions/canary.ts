/**
 * A canary: a few dead tasks that run again before the others, and a panel that shows
 * their outcome.
 *
 * @module
 */

import { createReleaseWatch } from "../../../core/console/release_watch.ts";
import { isAlive } from "../../../core/console/worker_list.ts";
import { isFullId, queueOf, shortId } from "../../../core/console/ids.ts";
import { plural } from "../../../core/console/format.ts";
import { html, type Part, part } from "../ui/html.ts";
import { type Action, field, type FormFields, InvalidForm, type RequestContext } from "../page.ts";
import { badge, button } from "../ui/components.ts";
import { taskAction } from "./task_actions.ts";
import { commandFor } from "./cli_equivalent.ts";
import { filterOf, queryOf, targetOf, type TaskFilter } from "../pages/task_filter.ts";
import { hrefOf } from "../pages/task_table.ts";
import { search } from "../pages/task_search.ts";

/** The number of tasks in a canary. */
const size = 5;

function deadOf(fields: FormFields): TaskFilter {
  const filter = filterOf(new URLSearchParams(field(fields, "filter")));
  return { ...filter, states: ["dead"] };
}

/** Releases the latest few tasks of a group, and returns to the page that shows them. */
export const releaseCanary: Action = {
  name: "dlq.canary",
  role: "operator",
  target: (fields) => `${size} with ${targetOf(deadOf(fields))}`,
  command: (fields) => `${commandFor("release", deadOf(fields), ["dead"])} --canary ${size}`,
  question: () => `Release ${size} tasks as a canary?`,
  async run(ask, fields) {
    const filter = deadOf(fields);
    const { tasks } = await search(ask, filter, { states: ["dead"], limit: size });
    const ids = tasks.slice(0, size).map(({ id }) => id);
    if (ids.length === 0) throw new InvalidForm("No task of this group is dead any more");
    await someWorker(ask, ids);
    const released: string[] = [];
    for (const queue of new Set(ids.map(queueOf))) {
      const own = ids.filter((id) => queueOf(id) === queue);
      const missed = await ask.rl.queue(queue).release(own);
      released.push(...own.filter((id) => !missed.includes(id)));
    }
    return {
      said: `${plural(released.length, "task")} released as a canary.`,
      back: `dlq/group?${queryOf({ ...filter, states: [] }, { canary: released.join(",") })}`,
    };
  },
};

/** Without a worker, a canary has no outcome. @throws {InvalidForm} */
async function someWorker({ rl }: RequestContext, ids: readonly string[]): Promise<void> {
  for (const queue of new Set(ids.map(queueOf))) {
    const workers = await rl.queue(queue).workers();
    if (workers.some((worker) => isAlive(worker, Date.now()))) continue;
    throw new InvalidForm(
      `Queue ${queue} has no worker to run a canary: start one first`,
    );
  }
}

/** The panel of the canary in the query; `left` tasks of the group are still dead. */
export async function canaryPart(
  ask: RequestContext,
  filter: TaskFilter,
  left: number,
): Promise<Part> {
  const ids = (ask.query.get("canary") ?? "").split(",")
    .filter((id) => isFullId(id)).slice(0, size);
  if (ids.length === 0) return part("canary", html``);
  const fates = await Promise.all(ids.map(async (id) => {
    const fate = createReleaseWatch(ask.rl);
    fate.add([id]);
    await fate.check();
    return { id, why: fate.failed[0]?.why, open: fate.open > 0 };
  }));
  const failed = fates.filter(({ why }) => why !== undefined);
  const open = fates.filter((each) => each.open);
  const fields = { scope: "all", filter: queryOf(filter) };
  const verdict = failed.length > 0
    ? html`<p class="tone-bad"><b>${plural(failed.length, "task")} failed again.</b> Fix the cause
        before you release the others.</p>`
    : open.length > 0
    ? html`<p>${plural(open.length, "task")} of ${ids.length} still running …</p>`
    : html`<p class="tone-good"><b>${plural(ids.length, "task")} completed.</b>${
      left > 0 ? " You can release the others." : ""
    }</p>`;
  const rest = failed.length === 0 && open.length === 0 && left > 0 &&
    button(ask, taskAction("release"), fields, "Release the others …");
  return part(
    "canary",
    html`
      <section
        class="panel canary"><header><h2>Canary</h2></header><ul>${fates.map(({ id, why, open }) =>
          html`<li>${
            why !== undefined
              ? badge("failed again", "bad")
              : open
              ? badge("running", "busy")
              : badge("completed", "good")
          }<a class="mono" href="${hrefOf(id)}">${shortId(id)}</a>${
            why !== undefined && html`
              <span class="dim">${why}</span>
            `
          }</li>`
        )}</ul>${verdict}${rest}</section>
    `,
  );
}
