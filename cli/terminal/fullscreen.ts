/**
 * A full-screen terminal application: raw keys in, frames out. The screen
 * behind it is restored on close, and only changed lines are written.
 *
 * @module
 */

import process from "node:process";
import { emitKeypressEvents } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import type { Key } from "../commands/top/keys.ts";
import { control, frame, toLine } from "./screen.ts";

/** A terminal in full-screen mode. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Shows these lines, the first at the top. */
  paint(lines: readonly string[]): void;
  /** Restores the terminal. May be called again. */
  close(): void;
}

const enter = control.alternateScreen + control.hideCursor + control.noWrap + control.clearScreen;
const leave = control.wrap + control.showCursor + control.mainScreen;
/** Time to wait after an escape character: an arrow key begins with it, too. */
const escapeMs = 50;
/** Sequence that terminals send for Tab in reverse. */
const backTab = "\u001b[Z";

/** Puts a terminal into full-screen mode; it is restored even if the process fails. */
export function openTerminal(
  input: ReadStream,
  output: WriteStream,
  onKey: (key: Key) => void,
  onResize: () => void,
): Terminal {
  let shown: readonly string[] = [];
  let open = true;

  const pressed = (
    text: string | undefined,
    key: { name?: string; sequence?: string; ctrl?: boolean },
  ): void => {
    const typed = text !== undefined && /^[^\p{Cc}]+$/u.test(text) ? text : "";
    onKey({
      name: key.sequence === backTab ? "backtab" : key.name ?? "",
      text: typed,
      ctrl: key.ctrl === true,
    });
  };
  const resized = (): void => {
    shown = []; // Terminals differ in what a resize leaves on the screen.
    output.write(control.clearScreen);
    onResize();
  };
  const close = (): void => {
    if (!open) return;
    open = false;
    process.off("exit", close);
    process.off("uncaughtExceptionMonitor", close);
    output.off("resize", resized);
    input.off("keypress", pressed);
    input.setRawMode(false);
    input.pause();
    output.write(leave);
  };

  // An error must be printed on the main screen, which stays.
  process.on("exit", close);
  process.on("uncaughtExceptionMonitor", close);
  emitKeypressEvents(input, { escapeCodeTimeout: escapeMs } as never);
  input.setRawMode(true);
  input.on("keypress", pressed);
  input.resume();
  output.on("resize", resized);
  output.write(enter);

  return {
    get columns() {
      return output.columns;
    },
    get rows() {
      return output.rows;
    },
    paint(lines) {
      // A slow terminal skips this frame and gets the next one.
      if (!open || output.writableNeedDrain) return;
      const changed = changes(shown, lines);
      shown = lines;
      if (changed !== "") output.write(frame(changed));
    },
    close,
  };
}

/** The output that turns a screen showing `before` into one showing `after`. */
export function changes(before: readonly string[], after: readonly string[]): string {
  return after.map((line, i) => line === before[i] ? "" : toLine(i + 1) + line).join("");
}
