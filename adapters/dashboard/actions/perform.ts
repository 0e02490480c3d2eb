/**
 * Performs the action of a form: checks the role, asks for confirmation where the action
 * cannot be undone, logs it, then runs it.
 *
 * @module
 */

import { RelierError } from "../../../mod.ts";
import { type Html, html } from "../ui/html.ts";
import { type Action, type FormFields, InvalidForm, type RequestContext } from "../page.ts";

/** The outcome of a form: a message, a page to show, a page that asks, or a refusal. */
export type Performed =
  | { readonly said: string; readonly back?: string }
  | { readonly shown: Html; readonly status?: 200 | 400 }
  | { readonly ask: Html }
  | { readonly refused: string; readonly status: 400 | 403 | 404 | 409 | 503 };

/** The longest field, in characters; an edited payload is the longest there is. */
const maxFieldLength = 1_100_000;

/** Performs `action` for the user of `ask`. */
export async function perform(
  action: Action,
  ask: RequestContext,
  fields: FormFields,
): Promise<Performed> {
  if (!ask.may(action.role)) {
    const refused = `You need the role "${action.role}" (you are ${ask.user.role}).`;
    return { refused, status: 403 };
  }
  try {
    const target = action.target(fields);
    const preview = await action.preview?.(ask, fields);
    if (preview !== undefined) return { ask: preview };
    const question = fields["sure"] === "yes" ? undefined : action.question?.(fields);
    if (question !== undefined) return { ask: confirmation(action, fields, question) };
    // Logged first, so that no action is missing from the log.
    await ask.rl.recordAction({
      actor: ask.user.name,
      action: action.name,
      target,
      surface: "dashboard",
    });
    const result = await action.run(ask, fields);
    return typeof result === "string" ? { said: result } : result;
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Performed {
  const refused = error instanceof Error ? error.message : "The action failed.";
  if (error instanceof InvalidForm || error instanceof TypeError || error instanceof RangeError) {
    return { refused, status: 400 };
  }
  if (RelierError.is(error, "RL_NOT_FOUND")) return { refused, status: 404 };
  if (RelierError.is(error)) return { refused, status: 409 };
  return { refused: "Redis did not respond: the action may or may not have run.", status: 503 };
}

/** The fields of a parsed form. @throws {InvalidForm} */
export function fieldsOf(body: Readonly<Record<string, unknown>>): FormFields {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, given] of Object.entries(body)) {
    const value = Array.isArray(given) && given.every((each) => typeof each === "string")
      ? given.join(",")
      : given;
    if (typeof value !== "string") {
      throw new InvalidForm(`The field "${name}" must be text, not a file`);
    }
    if (value.length > maxFieldLength) throw new InvalidForm(`The field "${name}" is too long`);
    fields[name] = value;
  }
  return fields;
}

/** A page that asks for confirmation; `about` describes what is affected. */
export function confirmation(
  action: Action,
  fields: FormFields,
  question: string,
  about?: Html,
): Html {
  return html`
    <section class="panel confirm">
      <h1>${question}</h1>${about}
      <p class="command"><code>$ ${action.command(fields)}</code></p>
      <form method="post" action="act/${action.name}">${hidden({
        ...fields,
        sure: "yes",
      })}<div class="buttons"><a class="button" href="${returnPath(fields)}">Back</a>
      <button class="danger">Confirm</button></div></form>
    </section>
  `;
}

/** Hidden fields of a form. */
export function hidden(fields: FormFields): Html[] {
  return Object.entries(fields).map(([name, value]) =>
    html`<input type="hidden" name="${name}" value="${value}">`
  );
}

/** The page to return to: always one of the dashboard, whatever the form contains. */
export function returnPath(fields: FormFields): string {
  const back = fields["back"] ?? "";
  // Neither a scheme, nor another host, nor a way out of the dashboard.
  return /^(?:[\w~][\w~%.-]*(?:\/[\w~%-][\w~%.-]*)*)?(?:\?[^\s\\]*)?$/.test(back) ? back : "";
}
