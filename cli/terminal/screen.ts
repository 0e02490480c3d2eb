/**
 * Paints on a terminal: the one place that knows the control sequences for
 * cursor and screen.
 *
 * @module
 */

import process from "node:process";
import type { Screen } from "../framework/host.ts";

/** Control sequences; see ECMA-48 and the private modes of xterm. */
export const control = {
  hideCursor: "\u001b[?25l",
  showCursor: "\u001b[?25h",
  alternateScreen: "\u001b[?1049h",
  mainScreen: "\u001b[?1049l",
  noWrap: "\u001b[?7l",
  wrap: "\u001b[?7h",
  clearScreen: "\u001b[2J",
  clearBelow: "\u001b[J",
  clearLineEnd: "\u001b[K",
  home: "\u001b[H",
} as const;

/** Moves the cursor to the beginning of `line`, counted from 1. */
export function toLine(line: number): string {
  return `\u001b[${line};1H`;
}

/** Marks `text` as one frame: the terminal shows all of it at once, or the frame before. */
export function frame(text: string): string {
  return `\u001b[?2026h${text}\u001b[?2026l`;
}

/** Lines at the cursor that are repainted in place. */
export interface Block {
  /** Replaces the lines. Text `above` them scrolls away as usual output does. */
  paint(lines: readonly string[], above?: string): void;
  /** Leaves the lines where they are, and shows the cursor. May be called again. */
  close(): void;
}

/** Creates a block on `screen`. The cursor is hidden from the first frame on, and shown even if the process fails. */
export function createBlock(screen: Screen): Block {
  let height = 0;
  let width = screen.columns ?? 80;
  let open = false;
  const close = (): void => {
    if (open) screen.write(control.showCursor);
    open = false;
    process.off("exit", close);
  };
  return {
    paint(lines, above = "") {
      if (!open) {
        screen.write(control.hideCursor);
        process.once("exit", close);
      }
      open = true;
      const { columns = 80 } = screen;
      // A narrower terminal has wrapped the lines, so their first one is at an unknown place.
      const start = columns < width
        ? control.clearScreen + control.home
        : height > 0
        ? `\u001b[${height}F`
        : "";
      const text = above === "" ? "" : control.clearBelow + above;
      const body = lines.map((line) => `${line}${control.clearLineEnd}\n`).join("");
      screen.write(frame(start + text + body + control.clearBelow));
      height = lines.length;
      width = columns;
    },
    close,
  };
}
