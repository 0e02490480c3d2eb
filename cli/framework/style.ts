/**
 * Styles of text, and whether a screen shows them.
 *
 * @module
 */

import { styleText } from "node:util";
import type { Host, Screen } from "./host.ts";
import { type StyleName, styleNames } from "../terminal/text.ts";

/** Functions that style a text. */
export type Style = Readonly<Record<StyleName, (text: string) => string>>;

/** True to colour the output on `screen`. `color` is false with `--no-color`. */
export function hasColor(host: Host, screen: Screen, color: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = host.env;
  if (!color) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return !NO_COLOR && TERM !== "dumb" && screen.isTTY === true;
}

/** The styles; without colour each returns its text unchanged. */
export function styleOf(colored: boolean): Style {
  const entries = styleNames.map((name) => [
    name,
    (text: string): string =>
      colored && text !== "" ? styleText(name, text, { validateStream: false }) : text,
  ]);
  return Object.fromEntries(entries) as Style;
}
