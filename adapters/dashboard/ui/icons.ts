/**
 * Icons of 16 by 16, in the colour of the surrounding text.
 *
 * @module
 */

import { type Html, html } from "./html.ts";

/** The name of an icon. */
export type IconName =
  | "overview"
  | "tasks"
  | "types"
  | "queues"
  | "workers"
  | "dead"
  | "phoenix"
  | "keys"
  | "gate"
  | "server"
  | "audit"
  | "warning"
  | "fine";

// deno-fmt-ignore
const paths: Readonly<Record<IconName, Html>> = {
  overview: html`<path d="M2 9l3-4 3 3 3-5 3 6" /><path d="M2 13h12" />`,
  tasks: html`<path d="M6 4h8M6 8h8M6 12h8" /><path d="M2.5 4h.01M2.5 8h.01M2.5 12h.01" />`,
  types: html`<path d="M2.5 13.5v-5h3v5zM6.5 13.5v-11h3v11zM10.5 13.5v-7h3v7z" />`,
  queues: html`<rect x="2" y="3" width="12" height="3" rx="1" /><rect x="2" y="7.5" width="12" height="3" rx="1" /><path d="M4 13h8" />`,
  workers: html`<rect x="3.5" y="3.5" width="9" height="9" rx="1.5" /><path d="M6 1.5v2M10 1.5v2M6 12.5v2M10 12.5v2M1.5 6h2M1.5 10h2M12.5 6h2M12.5 10h2" />`,
  dead: html`<path d="M3 7a5 5 0 0 1 10 0v3l-2 1v2H5v-2l-2-1z" /><path d="M6.2 7.5h.01M9.8 7.5h.01" />`,
  phoenix: html`<path d="M8 14c-3 0-5-2-5-4.5C3 6 6.5 5.5 6 2c2.5 1 3 3 3 4 .8-.4 1.2-1 1.2-2C12 5.5 13 7.5 13 9.5 13 12 11 14 8 14z" />`,
  keys: html`<circle cx="5" cy="11" r="2.5" /><path d="M7 9l6-6M11 5l2 2" />`,
  gate: html`<path d="M2 13V5l6-3 6 3v8M2 8h12M5.5 8v5M10.5 8v5" />`,
  server: html`<ellipse cx="8" cy="4" rx="5" ry="2" /><path d="M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2" />`,
  audit: html`<path d="M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z" /><path d="M6 8l1.5 1.5L10.5 6.5" />`,
  warning: html`<path d="M8 2.5l6 11H2z" /><path d="M8 7v3M8 12h.01" />`,
  fine: html`<circle cx="8" cy="8" r="6" /><path d="M5.5 8.2l1.7 1.7L10.7 6.2" />`,
};

/** An icon; the text beside it says what it means. */
export function icon(name: IconName): Html {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${paths[name]}</svg>`;
}
