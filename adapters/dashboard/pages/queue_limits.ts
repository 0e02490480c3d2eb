/**
 * The limits of a queue as a form that sets them.
 *
 * @module
 */

import type { QueueLimits } from "../../../mod.ts";
import {
  describeLimits,
  LimitError,
  limitTexts,
  noLimits,
  readLimits,
} from "../../../core/console/limits.ts";
import { type Html, html } from "../ui/html.ts";
import {
  type Action,
  type FormFields,
  InvalidForm,
  queueField,
  type RequestContext,
} from "../page.ts";
import { shellWord } from "../ui/components.ts";

/** The fields of the form, by the options of `rl queues limit`. */
const inputs = [
  { name: "rate", label: "Rate", hint: "100/1s" },
  { name: "burst", label: "Burst", hint: "same as the rate" },
  { name: "depth", label: "Waiting", hint: "10000" },
  { name: "age", label: "Maximum wait", hint: "5m" },
  { name: "tenant", label: "Per tenant", hint: "100" },
  { name: "concurrency", label: "Running", hint: "5" },
] as const;

/** Sets every limit of a queue at once; an empty field removes its limit. */
export const limitQueue: Action = {
  name: "queue.limit",
  role: "admin",
  target(fields) {
    limitsIn(fields); // An invalid limit is refused before the action is logged.
    return `${queueField(fields)} ${optionsOf(fields) || "without limits"}`;
  },
  command: (fields) =>
    `rl queues limit ${shellWord(fields["queue"] ?? "")} --clear ${optionsOf(fields)}`.trimEnd(),
  async run({ rl }, fields) {
    const name = queueField(fields);
    await rl.queue(name).limit(limitsIn(fields));
    const words = describeLimits((await rl.queue(name).stats()).limits);
    return `Queue ${name}: ${words.join("; ") || "no limits"}.`;
  },
};

/** The form, filled with the current limits. */
export function limitForm(ask: RequestContext, queue: string, limits: QueueLimits): Html | false {
  if (!ask.may("admin")) return false;
  const values = limitTexts(limits);
  return html`
    <details class="panel" id="limits">
      <summary>Change limits</summary>
      <form method="post" action="act/queue.limit" class="grid-form">
        <input type="hidden" name="queue" value="${queue}"><input type="hidden" name="back" value="${ask
          .location}">${inputs.map(({ name, label, hint }) =>
            html`<label>${label}<input name="${name}" value="${
              values[name] ?? ""
            }" placeholder="${hint}"></label>`
          )}<label class="check"><input type="checkbox" name="by" value="tenant"${values.by ===
            "tenant" && html`
          checked
        `}> rate per tenant</label>
        <div class="row"><button data-command="rl queues limit ${shellWord(
          queue,
        )} --clear …">Set limits</button></div></form>
    </details>
  `;
}

function optionsOf(fields: FormFields): string {
  const given = inputs.filter(({ name }) => (fields[name] ?? "").trim() !== "")
    .map(({ name }) => `--${name} ${shellWord(fields[name]!.trim())}`);
  if (fields["by"] === "tenant") given.push("--by tenant");
  return given.join(" ");
}

/** @throws {InvalidForm}; the queue itself refuses a number that is too large for its limit. */
function limitsIn(fields: FormFields): QueueLimits {
  try {
    // The box of an emptied rate may still be ticked.
    const by = (fields["rate"] ?? "").trim() === "" ? undefined : fields["by"];
    return { ...noLimits, ...readLimits({ ...fields, by }) };
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { option, message, hint } = error;
    throw new InvalidForm(`Cannot use the field "${option}": ${message}${hint && `; ${hint}`}`);
  }
}
