/**
 * What pages are put together from: figures, tables, badges, moments, buttons.
 *
 * @module
 */

import { count, spanOf } from "../../../core/console/format.ts";
import { type Html, html, type Value } from "./html.ts";
import type { Action, FormFields, RequestContext } from "../page.ts";

export { shellWord } from "../../../core/console/format.ts";

/** A section with a heading, and what stands at the end of its line. */
export function section(title: string, body: Value, aside?: Value): Html {
  return html`<section class="panel"><header><h2>${title}</h2>${
    aside && html`<div class="aside">${aside}</div>`
  }</header>${body}</section>`;
}

/** A number that matters, what it counts, and how it was lately. */
export function figure(
  label: string,
  value: string,
  { tone, href, trend }: { tone?: Tone | undefined; href?: string; trend?: Html } = {},
): Html {
  const inner =
    html`<span class="label">${label}</span><span class="value">${value}</span>${trend}`;
  const kind = `figure${tone ? ` tone-${tone}` : ""}`;
  return href === undefined
    ? html`<div class="${kind}">${inner}</div>`
    : html`<a class="${kind}" href="${href}">${inner}</a>`;
}

/** What stands below a figure instead of how it was lately. */
export function beneath(text: string): Html {
  return html`<span class="label">${text}</span>`;
}

/** How long something took, or a dash where nothing did. */
export function lasting(ms: number | null): string {
  return ms === null ? "—" : spanOf(ms);
}

/** What a colour means; always said in words as well. */
export type Tone = "good" | "busy" | "warn" | "bad" | "lost" | "quiet";

/** A word in its colour. */
export function badge(text: string, tone: Tone = "quiet"): Html {
  return html`<span class="badge tone-${tone}">${text}</span>`;
}

/** A column of a table. */
export interface Column<T> {
  /** Empty over buttons and badges, which speak for themselves. */
  readonly title: string;
  /** Numbers stand at the right. */
  readonly number?: true;
  /** Is left out where there is little room. */
  readonly wide?: true;
  of(row: T): Value;
}

/** A table, or what is said if it has no rows. `keyOf` tells a row from all others. */
export function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { keyOf, label, empty }: { keyOf(row: T): string; label: string; empty: string },
): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  const kind = ({ number, wide }: Column<T>): string =>
    [number && "number", wide && "wide"].filter(Boolean).join(" ");
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table>
        <thead>
          <tr>${columns.map((column) =>
            column.title === ""
              ? html`<td></td>`
              : html`<th scope="col" class="${kind(column)}">${column.title}</th>`
          )}</tr>
        </thead>
        <tbody>${rows.map((row) =>
          html`<tr data-key="${keyOf(row)}">${
            columns.map((column) => html`<td class="${kind(column)}">${column.of(row)}</td>`)
          }</tr>`
        )}</tbody>
      </table>
    </div>
  `;
}

/** `2026-11-22 12:00:01.004 UTC`: what a browser makes local time of, for whoever likes that. */
export function clockOf(date: Date): string {
  return date.toISOString().replace("T", " ").replace("Z", " UTC");
}

/** A moment as a clock and a calendar tell it. */
export function clock(date: Date): Html {
  return html`<time datetime="${date.toISOString()}" data-clock>${clockOf(date)}</time>`;
}

/** How long ago something was, or how soon it is; the moment itself as its title. */
export function moment(date: Date | null, now: number): Html {
  if (date === null || Number.isNaN(date.getTime())) return html`<span class="dim">—</span>`;
  const ms = now - date.getTime();
  const text = ms < -999 ? `in ${spanOf(-ms)}` : `${spanOf(Math.max(0, ms))} ago`;
  return html`<time datetime="${date.toISOString()}" title="${clockOf(date)}">${text}</time>`;
}

/** A number; zero is dimmed. */
export function number(n: number, tone?: Tone): Html {
  if (n === 0) return html`<span class="dim">0</span>`;
  return html`<span class="${tone ? `text-${tone}` : ""}">${count(n)}</span>`;
}

/**
 * A button that does something, with the command that does the same; nothing for
 * whoever may not. `fields` is what it is done to.
 */
export function button(
  ask: RequestContext,
  act: Action,
  fields: FormFields,
  label: string,
  kind: "plain" | "danger" = "plain",
): Html | false {
  if (!ask.may(act.role)) return false;
  const command = act.command(fields);
  const question = act.question?.(fields);
  return html`
    <form method="post" action="act/${act.name}" class="act"
      ${question !== undefined && html`
        data-question="${question}"
      `}>${Object.entries({ ...fields, back: ask.location }).map(([name, value]) =>
        html`<input type="hidden" name="${name}" value="${value}">`
      )}<button class="${kind}" data-command="${command}" title="$ ${command}">${label}</button></form>
  `;
}
