/**
 * HTML templates: each value is escaped unless it is itself HTML from a template. No other
 * file knows the template engine.
 *
 * @module
 */

import { html as tagged } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** HTML from a template; Hono sends it as it is. */
export type Html = HtmlEscapedString;

/** A value in a template; an absent one or false renders nothing. */
export type Value = string | number | false | null | undefined | Html | readonly Value[];

/** Renders HTML and escapes every other value. Attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  // Hono returns a promise only if a value is one, which the types above rule out.
  return tagged(strings, ...values) as Html;
}

/** A part of a page that is rendered again, and sent, whenever it changes. */
export interface Part {
  /** The `id` of its element. */
  readonly id: string;
  /** The content of the element. */
  readonly inner: Html;
  /** The element, to be placed in the page. */
  readonly html: Html;
}

/** Makes a live part of a page; `id` must be unique in it. */
export function part(id: string, inner: Html): Part {
  return { id, inner, html: html`<div id="${id}" class="part">${inner}</div>` };
}
