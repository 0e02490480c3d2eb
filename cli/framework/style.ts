/**
 * Colours and weights of text, and whether a screen shows them.
 *
 * @module
 */

import type { Host, Screen } from "./host.ts";
import { type StyleName, styles } from "../terminal/text.ts";

/** Functions that put a text into a style. */
export type Style = Readonly<Record<StyleName, (text: string) => string>>;

/** Whether `screen` is to be coloured: asked for, refused, or a terminal. */
export function hasColor(host: Host, screen: Screen, color: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = host.env;
  if (!color) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return !NO_COLOR && TERM !== "dumb" && screen.isTTY === true;
}

/** The styles, or what stands for them where there is no colour. */
export function styleOf(colored: boolean): Style {
  const entries = Object.entries(styles).map(([name, [open, close]]) => {
    const paint = (text: string): string =>
      text === "" ? "" : `\u001b[${open}m${text}\u001b[${close}m`;
    return [name, colored ? paint : (text: string): string => text];
  });
  return Object.fromEntries(entries) as Style;
}
