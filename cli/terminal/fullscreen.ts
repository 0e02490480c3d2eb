/**
 * A terminal taken over and given back: the screen behind it is untouched, and
 * only lines that changed are written.
 *
 * @module
 */

import process from "node:process";
import { emitKeypressEvents } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import type { Key } from "../commands/top/keys.ts";

/** A terminal that was taken over. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Shows these lines, the first at the top. */
  paint(lines: readonly string[]): void;
  /** Gives it back as it was. May be called again. */
  close(): void;
}

// The other screen, no cursor, no wrapping; and back.
const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";
const leave = "\u001b[?7h\u001b[?25h\u001b[?1049l";
/** Between these a terminal that knows them shows nothing half done. */
const together = ["\u001b[?2026h", "\u001b[?2026l"] as const;
/** Until then an escape character may be the beginning of an arrow key. */
const escapeMs = 50;

/** Takes over the terminal of `input` and `output`; it is given back even if the process fails. */
export function openTerminal(
  input: ReadStream,
  output: WriteStream,
  onKey: (key: Key) => void,
  onResize: () => void,
): Terminal {
  let shown: readonly string[] = [];
  let open = true;

  const pressed = (text: string | undefined, key: Partial<Key> & { name?: string }): void => {
    const typed = text !== undefined && /^[^\p{Cc}]+$/u.test(text) ? text : "";
    onKey({
      name: key.name ?? "",
      text: typed,
      ctrl: key.ctrl === true,
      shift: key.shift === true,
    });
  };
  const resized = (): void => {
    shown = []; // What is where after a resize differs from terminal to terminal.
    output.write("\u001b[2J");
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

  // An error has to be printed on the screen that stays.
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
      // A terminal that does not keep up is shown the next frame instead.
      if (!open || output.writableNeedDrain) return;
      const changed = changes(shown, lines);
      shown = lines;
      if (changed !== "") output.write(together[0] + changed + together[1]);
    },
    close,
  };
}

/** What turns a screen that shows `before` into one that shows `after`. */
export function changes(before: readonly string[], after: readonly string[]): string {
  let text = "";
  for (const [i, line] of after.entries()) {
    if (line !== before[i]) text += `\u001b[${i + 1};1H${line}`;
  }
  return text;
}
