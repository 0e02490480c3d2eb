/**
 * The contents of a task: payload, step results and result. Viewers do not see them.
 *
 * @module
 */

import type { StepResult, TaskDetails } from "../../../mod.ts";
import { count, plural } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import type { RequestContext } from "../page.ts";
import { section } from "../ui/components.ts";
import { jsonBlock, parsed, pushCommand } from "./task_text.ts";

/** The most steps shown: the last ones. */
const mostSteps = 50;
/** The longest step name shown, in characters. */
const mostInName = 200;

/** The payload and the headers. */
export function contents(task: TaskDetails, ask: RequestContext): Html {
  const { payload, corrupt, envelope, headers } = task;
  if (corrupt) {
    return section("Payload", html`<p class="tone-bad">The stored task is corrupt.</p>`);
  }
  if (!ask.showsPayloads) return section("Payload", html`<p class="empty">${hiddenWords}</p>`);
  if (payload === undefined) {
    const why = envelope === ""
      ? "The task has finished; its payload is deleted."
      : "This version cannot read the payload.";
    return section("Payload", html`<p class="empty">${why}</p>`);
  }
  const command = pushCommand(task);
  const named = Object.keys(headers).length > 0;
  return html`<div class="pair">${
    section(
      "Payload",
      jsonBlock(payload),
      command !== undefined &&
        html`
          <button type="button" class="tool" data-copy="${command}"
            data-command="${command}">copy as rl tasks push</button>
        `,
    )
  }${named && section("Headers", jsonBlock(headers))}</div>`;
}

const hiddenWords = "Hidden from viewers.";

/** The results of its steps, while they are stored. */
export function stepResults({ steps }: TaskDetails, ask: RequestContext): Html {
  if (steps.length === 0) return html``;
  if (!ask.showsPayloads) return section("Steps", html`<p class="empty">${hiddenWords}</p>`);
  const left = steps.length - mostSteps;
  return section(
    "Steps",
    html`<dl class="steps">${steps.slice(-mostSteps).map(stepResult)}</dl>`,
    left > 0
      ? `the last ${mostSteps} of ${count(steps.length)}`
      : `${plural(steps.length, "step")}, kept for the next attempt`,
  );
}

function stepResult({ name, value }: StepResult): Html {
  return html`
    <div>
      <dt><bdi>${name.slice(0, mostInName)}</bdi></dt>
      <dd>${value === "" ? html`<p class="empty">no result</p>` : jsonBlock(parsed(value))}</dd>
    </div>
  `;
}

/** The partial result and the result. */
export function outcome(task: TaskDetails, ask: RequestContext): Html {
  const { partialResult, facts } = task;
  const { result, unkept } = facts;
  if (!result && !unkept && partialResult === "") return html``;
  const shown = (title: string, text: string): Html =>
    section(
      title,
      ask.showsPayloads ? jsonBlock(parsed(text)) : html`<p class="empty">${hiddenWords}</p>`,
    );
  return html`<div class="pair">${partialResult !== "" && shown("Partial result", partialResult)}${
    result ? shown("Result", result) : false
  }${unkept ? section("Result not stored whole", html`<p>${unkept}</p>`) : false}</div>`;
}
