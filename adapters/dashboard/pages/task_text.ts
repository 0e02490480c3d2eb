/**
 * Stored values of a task as text to read and to copy.
 *
 * @module
 */

import type { TaskDetails } from "../../../mod.ts";
import { escapeControls } from "../../../core/console/json.ts";
import { count } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import { shellWord } from "../ui/components.ts";

/** The longest text shown, in characters. */
const mostShown = 2048;
/** The longest command offered, in characters. */
const longestCommand = 4096;

/** Formatted JSON; a long text is cut, and its length is shown. */
export function jsonBlock(value: unknown): Html {
  const text = escapeControls(JSON.stringify(value, null, 2) ?? "null");
  if (text.length <= mostShown) return html`<pre tabindex="0">${text}</pre>`;
  const all = count(JSON.stringify(value).length);
  return html`
    <pre tabindex="0">${text.slice(0, mostShown)}…</pre>
    <p class="dim">the first ${count(mostShown)} of ${all} characters</p>
  `;
}

/** The value of a JSON text; the text itself if it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The command that pushes the same task; undefined without a name or payload, or if too long. */
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
