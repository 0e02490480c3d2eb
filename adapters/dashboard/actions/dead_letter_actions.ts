/**
 * Actions on a group of dead tasks, and their export to a file.
 *
 * @module
 */

import { taskMatcherWithWorkers } from "../../../core/console/filter.ts";
import { exportLines } from "../../../core/console/export_lines.ts";
import { payloadSelect } from "../../../core/console/filter_payload.ts";
import { releaseCanary } from "./canary.ts";
import { type Html, html } from "../ui/html.ts";
import type { Download, RequestContext } from "../page.ts";
import { button } from "../ui/components.ts";
import { taskAction } from "./task_actions.ts";
import { exportCommand } from "./cli_equivalent.ts";
import { filterOf, queryOf, targetOf, type TaskFilter } from "../pages/task_filter.ts";

/** The buttons for all dead tasks of a filter. */
export function deadLetterButtons(
  ask: RequestContext,
  filter: TaskFilter,
  there: number,
): Html | false {
  if (there === 0) return false;
  const fields = { filter: queryOf(filter), scope: "all" };
  return html`<div class="acts">${
    there > 5 && button(ask, releaseCanary, fields, "Release 5 as a canary")
  }${button(ask, taskAction("release"), fields, "Release all …")}${
    button(ask, taskAction("discard"), fields, "Delete all …", "danger")
  }${
    ask.showsPayloads &&
    html`<a class="button" href="${exportHref(filter)}" data-command="${
      exportCommand(filter)
    }">Export NDJSON</a>`
  }</div>`;
}

/** The link to the export of a filter. */
export function exportHref(filter: TaskFilter): string {
  return `dlq/export?${queryOf({ ...filter, states: [] })}`;
}

/** Dead tasks as NDJSON, as `rl dlq export` writes them; they contain payloads. */
export const exportDead: Download = {
  path: "/dlq/export",
  role: "operator",
  headers: {
    "Content-Type": "application/x-ndjson; charset=utf-8",
    "Content-Disposition": 'attachment; filename="dead.ndjson"',
  },
  async content(ask) {
    const filter = { ...filterOf(ask.query), states: ["dead"] as const };
    const { rl, user } = ask;
    const queues = filter.queue === undefined
      ? (await ask.snapshot()).queues.map(({ name }) => name)
      : [filter.queue];
    const matches = await taskMatcherWithWorkers(rl, queues, filter);
    await rl.recordAction({
      actor: user.name,
      action: "dlq.export",
      target: targetOf(filter),
      surface: "dashboard",
    });
    const lines = exportLines(rl, {
      queues,
      states: filter.states,
      matches,
      ...payloadSelect(rl, filter.payload),
    });
    const encoder = new TextEncoder();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await lines.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value.join("")));
      },
      async cancel() {
        await lines.return(undefined);
      },
    }, { highWaterMark: 0 });
  },
};
