/**
 * What a task holds: what went in, what its steps returned, and what came of it.
 * None of it is for viewers.
 *
 * @module
 */

import type { StepResult, TaskDetails } from "../../../mod.ts";
import { count, plural } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import type { RequestContext } from "../page.ts";
import { section } from "../ui/components.ts";
import { jsonBlock, parsed, pushCommand } from "./task_text.ts";

/** As many steps are shown, the last ones. */
const mostSteps = 50;
/** No more of the name of a step is shown, in characters. */
const mostInName = 200;

/** What it was pushed with. */
export function contents(task: TaskDetails, ask: RequestContext): Html {
  const { payload, corrupt, envelope, headers } = task;
  if (corrupt) {
    return section("Payload", html`<p class="text-bad">What is stored of it cannot be read.</p>`);
  }
  if (!ask.showsPayloads) return section("Payload", html`<p class="empty">${hiddenWords}</p>`);
  if (payload === undefined) {
    const why = envelope === ""
      ? "It is over, and its payload is gone."
      : "It is not for us to read.";
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

const hiddenWords = "Hidden from the role viewer.";

/** What its steps returned, while that is kept. */
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
      <dd>${value === "" ? html`<p class="empty">nothing</p>` : jsonBlock(parsed(value))}</dd>
    </div>
  `;
}

/** The partial result, and the result. */
export function outcome(task: TaskDetails, ask: RequestContext): Html {
  const { partialResult, facts } = task;
  const result = facts["result"];
  if (!result && partialResult === "") return html``;
  const shown = (title: string, text: string): Html =>
    section(
      title,
      ask.showsPayloads ? jsonBlock(parsed(text)) : html`<p class="empty">${hiddenWords}</p>`,
    );
  return html`<div class="pair">${partialResult !== "" && shown("Partial result", partialResult)}${
    result ? shown("Result", result) : false
  }</div>`;
}
