/**
 * Components of pages: sections, figures, badges, times and buttons.
 *
 * @module
 */

import { count, spanOf } from "../../../core/console/format.ts";
import { type Html, html, type Value } from "./html.ts";
import type { Action, FormFields, RequestContext } from "../page.ts";

export { shellWord } from "../../../core/console/format.ts";
export { type Column, table } from "./table.ts";

/** A section with a heading, and an aside at the end of its line. */
export function section(title: string, body: Value, aside?: Value): Html {
  return html`<section class="panel"><header><h2>${title}</h2>${
    aside && html`<div class="aside">${aside}</div>`
  }</header>${body}</section>`;
}

/** A key number with its label, and optionally a link and a trend. */
export function figure(
  label: string,
  value: string,
  { tone, href, trend }: { tone?: Tone | undefined; href?: string; trend?: Html } = {},
): Html {
  const kind = `value${tone ? ` tone-${tone}` : ""}`;
  const inner =
    html`<span class="label">${label}</span><span class="${kind}">${value}</span>${trend}`;
  return href === undefined
    ? html`<div class="figure">${inner}</div>`
    : html`<a class="figure" href="${href}">${inner}</a>`;
}

/** A text below a figure, in place of a trend. */
export function beneath(text: string): Html {
  return html`<span class="label">${text}</span>`;
}

/** A duration, or a dash if there is none. */
export function lasting(ms: number | null): string {
  return ms === null ? "—" : spanOf(ms);
}

/** The meaning of a colour; text always says the same. */
export type Tone = "good" | "busy" | "warn" | "bad" | "lost" | "quiet";

/** A coloured label. */
export function badge(text: string, tone: Tone = "quiet"): Html {
  return html`<span class="badge tone-${tone}">${text}</span>`;
}

/** `2026-11-22 12:00:01.004 UTC`; the script converts it to local time if the user prefers. */
function clockOf(date: Date): string {
  return date.toISOString().replace("T", " ").replace("Z", " UTC");
}

/** An absolute time. */
export function clock(date: Date): Html {
  return html`<time datetime="${date.toISOString()}" data-clock>${clockOf(date)}</time>`;
}

/** A time relative to now; the absolute time is its title. */
export function moment(date: Date | null, now: number): Html {
  if (date === null || Number.isNaN(date.getTime())) return html`<span class="dim">—</span>`;
  const ms = now - date.getTime();
  const text = ms < -999 ? `in ${spanOf(-ms)}` : `${spanOf(Math.max(0, ms))} ago`;
  return html`<time datetime="${date.toISOString()}" title="${clockOf(date)}">${text}</time>`;
}

/** A number; zero is dimmed. */
export function number(n: number, tone?: Tone): Html {
  if (n === 0) return html`<span class="dim">0</span>`;
  return html`<span class="${tone ? `tone-${tone}` : ""}">${count(n)}</span>`;
}

/**
 * A button for an action, with the equivalent command; nothing if the user lacks the role.
 * `fields` name the target.
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
