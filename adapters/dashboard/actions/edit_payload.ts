/**
 * Releases a dead task with an edited payload: the form and its action. The form shows
 * what is wrong with the payload.
 *
 * @module
 */

import { type PayloadIssue, RelierError, type TaskDetails } from "../../../mod.ts";
import { isFullId, queueOf } from "../../../core/console/ids.ts";
import { hidden } from "./perform.ts";
import { type Html, html } from "../ui/html.ts";
import {
  type Action,
  type ActionResult,
  field,
  type FormFields,
  InvalidForm,
  type RequestContext,
} from "../page.ts";
import { shellWord } from "../ui/components.ts";

/** Longer JSON is not indented. */
const mostIndented = 65_536;

const idOf = (fields: FormFields): string => {
  const id = field(fields, "id");
  if (isFullId(id)) return id;
  throw new InvalidForm("The task id is not valid");
};

/** Releases a dead task with the payload in the form. */
export const releaseEdited: Action = {
  name: "tasks.edit",
  role: "operator",
  target: idOf,
  command: (fields) => `rl dlq release ${shellWord(fields["id"] ?? "")} --edit payload.json`,
  async preview(_, fields) {
    const read = jsonOf(fields["payload"] ?? "");
    return await Promise.resolve("why" in read ? again(fields, [read.why]) : undefined);
  },
  async run({ rl }, fields): Promise<ActionResult> {
    const id = idOf(fields);
    const read = jsonOf(fields["payload"] ?? "");
    if ("why" in read) throw new InvalidForm(read.why);
    try {
      const missed = await rl.queue(queueOf(id)).release([{ id, payload: read.value }]);
      if (missed.length > 0) throw new InvalidForm(`Task ${id} is not dead any more`);
    } catch (error) {
      if (!RelierError.is(error) || !refusals.includes(error.code)) throw error;
      return { shown: again(fields, reasonsOf(error)), status: 400 };
    }
    return {
      said: "Task released with the new payload.",
      back: `tasks/${encodeURIComponent(id)}`,
    };
  },
};

/** The errors that concern the payload. */
const refusals: readonly string[] = ["RL_VALIDATION", "RL_PAYLOAD_TOO_LARGE"];

function reasonsOf(error: RelierError): string[] {
  const { issues } = error as { issues?: readonly PayloadIssue[] };
  const messages =
    issues?.map(({ path, message }) =>
      path?.length ? `${path.map(String).join(".")}: ${message}` : message
    ) ?? [];
  return messages.length > 0 ? messages : [error.message];
}

function jsonOf(text: string): { readonly value: unknown } | { readonly why: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { why: `The payload is not valid JSON: ${(error as Error).message}` };
  }
}

/** The form, if the query asks for it and the task can be edited. */
export function editForm(ask: RequestContext, { id, state, payload }: TaskDetails): Html | false {
  const fits = state === "dead" && payload !== undefined;
  if (!ask.query.has("edit") || !fits || !ask.may("operator") || !ask.showsPayloads) return false;
  const short = JSON.stringify(payload);
  const text = short.length > mostIndented ? short : JSON.stringify(payload, null, 2);
  return form({ id }, text, []);
}

function again(fields: FormFields, why: readonly string[]): Html {
  return form({ id: fields["id"] ?? "" }, fields["payload"] ?? "", why);
}

function form(
  fields: FormFields & { readonly id: string },
  text: string,
  why: readonly string[],
): Html {
  const back = `tasks/${encodeURIComponent(fields.id)}`;
  const command = releaseEdited.command(fields);
  return html`
    <section class="panel">
      <header>
        <h2>Edit and release</h2>
      </header>
      <form method="post" action="act/${releaseEdited.name}" class="edit">${hidden({
        ...fields,
        back,
      })}
          <label><span class="sr">Payload, as JSON</span><textarea name="payload" rows="14" spellcheck="false" aria-describedby="wrong">${text}</textarea></label>
          <div id="wrong" role="alert">${why.length > 0 &&
            html`<ul class="tone-bad">${
              why.slice(0, 20).map((each) => html`<li>${each}</li>`)
            }</ul>`}</div><p class="dim">The list of arguments, or the input of a task with a schema. This process
          validates it if it knows the task; otherwise the worker does.</p>
          <div class="buttons"><a class="button" href="${back}">Back</a><button data-command="${command}">Release</button></div></form>
    </section>
  `;
}
