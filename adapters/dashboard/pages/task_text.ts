/**
 * What was stored of a task, as text to look at and to copy.
 *
 * @module
 */

import type { TaskDetails } from "../../../mod.ts";
import { escapeControls } from "../../../core/console/json.ts";
import { count } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import { shellWord } from "../ui/components.ts";

/** What is shown of a value at most, in characters. */
const mostShown = 2048;
/** A longer command line is not copied by people. */
const longestCommand = 4096;

/** JSON to look at: what is too long is cut, and says how much there is. */
export function jsonBlock(value: unknown): Html {
  const text = escapeControls(JSON.stringify(value, null, 2) ?? "null");
  if (text.length <= mostShown) return html`<pre tabindex="0">${text}</pre>`;
  const all = count(JSON.stringify(value).length);
  return html`
    <pre tabindex="0">${text.slice(0, mostShown)}…</pre>
    <p class="dim">the first ${count(mostShown)} characters are shown; as JSON it has ${all}</p>
  `;
}

/** JSON that is stored as a text; the text itself if it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The command that pushes the same again; undefined if there is no name, no payload, or too much of it. */
export function pushCommand({ name, payload, queue, facts }: TaskDetails): string | undefined {
  if (name === "" || payload === undefined) return undefined;
  const how = Array.isArray(payload) ? "--json-args" : "--input";
  const priority = Number(facts["priority"] ?? 0) > 0 ? ` --priority ${facts["priority"]}` : "";
  const from = queue === "default" ? "" : ` --queue ${shellWord(queue)}`;
  const line = `rl tasks push ${shellWord(name)} ${how} ${
    shellWord(escapeControls(JSON.stringify(payload)))
  }${from}${priority}`;
  return line.length > longestCommand ? undefined : line;
}
