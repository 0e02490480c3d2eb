/**
 * Doing what a button says: checked, asked about where it cannot be undone,
 * recorded, then done.
 *
 * @module
 */

import { RelierError } from "../../../mod.ts";
import { type Html, html } from "../ui/html.ts";
import { type Action, type FormFields, InvalidForm, type RequestContext } from "../page.ts";

/** What an act came to. */
export type Performed =
  | { readonly said: string; readonly back?: string }
  | { readonly shown: Html; readonly status?: 200 | 400 }
  | { readonly ask: Html }
  | { readonly refused: string; readonly status: 400 | 403 | 404 | 409 | 503 };

/** The most characters of a field; a payload that was edited is the longest there is. */
const mostInField = 1_100_000;

/** Does `act` for the one who asks. */
export async function perform(
  act: Action,
  ask: RequestContext,
  fields: FormFields,
): Promise<Performed> {
  if (!ask.may(act.role)) {
    return {
      refused: `This takes the role "${act.role}"; yours is "${ask.user.role}".`,
      status: 403,
    };
  }
  try {
    const target = act.target(fields);
    const shown = await act.preview?.(ask, fields);
    if (shown !== undefined) return { ask: shown };
    const question = fields["sure"] === "yes" ? undefined : act.question?.(fields);
    if (question !== undefined) return { ask: confirmation(act, fields, question) };
    const { actor, action, surface } = {
      actor: ask.user.name,
      action: act.name,
      surface: "dashboard",
    };
    // First: nothing is ever done that nobody can find out about.
    await ask.rl.recordAction({ actor, action, target, surface });
    const came = await act.run(ask, fields);
    return typeof came === "string" ? { said: came } : came;
  } catch (error) {
    const refused = error instanceof Error ? error.message : "It did not work";
    if (error instanceof InvalidForm || error instanceof TypeError || error instanceof RangeError) {
      return { refused, status: 400 };
    }
    if (RelierError.is(error, "RL_NOT_FOUND")) return { refused, status: 404 };
    if (RelierError.is(error)) return { refused, status: 409 };
    return { refused: "Redis did not answer: it may have been done, or not.", status: 503 };
  }
}

/** The fields of the form that `body` is. @throws {InvalidForm} */
export function fieldsOf(body: Readonly<Record<string, unknown>>): FormFields {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, given] of Object.entries(body)) {
    const value = Array.isArray(given) && given.every((each) => typeof each === "string")
      ? given.join(",")
      : given;
    if (typeof value !== "string") {
      throw new InvalidForm("A file was sent where a text is asked for");
    }
    if (value.length > mostInField) throw new InvalidForm("A field is too long");
    fields[name] = value;
  }
  return fields;
}

/** Asks on a page of its own; `about` is what helps to answer. */
export function confirmation(
  act: Action,
  fields: FormFields,
  question: string,
  about?: Html,
): Html {
  return html`
    <section class="panel confirm">
      <h1>${question}</h1>${about}
      <p class="command"><code>$ ${act.command(fields)}</code></p>
      <form method="post"
        action="act/${act.name}">${hidden({
          ...fields,
          sure: "yes",
        })}<div class="buttons"><a class="button" href="${returnPath(fields)}">No</a>
      <button class="danger">Do it</button></div></form>
    </section>
  `;
}

/** Fields of a form that nobody sees. */
export function hidden(fields: FormFields): Html[] {
  return Object.entries(fields).map(([name, value]) =>
    html`<input type="hidden" name="${name}" value="${value}">`
  );
}

/** Where to go back to: a page of ours, whatever was sent. */
export function returnPath(fields: FormFields): string {
  const back = fields["back"] ?? "";
  // Neither a scheme, nor another host, nor a way out of the dashboard.
  return /^(?:[\w~][\w~%.-]*(?:\/[\w~%-][\w~%.-]*)*)?(?:\?[^\s\\]*)?$/.test(back) ? back : "";
}
