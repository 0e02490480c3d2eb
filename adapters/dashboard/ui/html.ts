/**
 * Text that is HTML, made of text that is not: whatever stands in a template is
 * escaped unless it came out of one. The one file that knows what renders.
 *
 * @module
 */

import { html as tagged } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** HTML that came out of a template. */
export type Html = HtmlEscapedString;

/** What may stand in a template; what is absent or false leaves no trace. */
export type Value = string | number | false | null | undefined | Html | readonly Value[];

/** HTML, with every value escaped that is none. Attributes have to be quoted. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  // It is a promise only if a value is one, which the types above rule out.
  return tagged(strings, ...values) as Html;
}

/** A part of a page that is rendered again, and sent, whenever it changes. */
export interface Part {
  /** Its `id` in the page. */
  readonly id: string;
  /** What is in it. */
  readonly inner: Html;
  /** The whole of it, for its place in the page. */
  readonly html: Html;
}

/** Makes a live part of a page; `id` is unique there. */
export function part(id: string, inner: Html): Part {
  return { id, inner, html: html`<div id="${id}" class="part">${inner}</div>` };
}
