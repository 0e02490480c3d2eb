/**
 * The screen of `rl demo`. On a terminal, events scroll by above a panel that is
 * repainted ten times a second; elsewhere each event is one line.
 *
 * @module
 */

import process from "node:process";
import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import { createBlock } from "./screen.ts";

/** A piece of a line, and its style. */
export type Piece = readonly [text: string, style?: Parameters<typeof styleText>[0] | undefined];

// A mark that is two columns wide is followed by one blank less.
const marks = {
  kill: ["✖ ", "red"],
  back: ["◆ ", "green"],
  freeze: ["❄ ", "blue"],
  wake: ["☼ ", "blue"],
  fence: ["⛔", "yellow"],
  hand: ["⇄ ", "cyan"],
  poison: ["☠ ", "magenta"],
  done: ["✓ ", "green"],
  note: ["· ", "dim"],
  wrong: ["✖ ", "red"],
} as const;

/** The mark in front of an event. */
export type Mark = keyof typeof marks;

/** The screen. */
export interface Screen {
  /** Columns of a line. */
  readonly columns: number;
  /** Time since the screen was created, formatted. */
  clock(): string;
  /** Prints the title of a step. */
  title(name: string, why: string): void;
  /** Prints an event. */
  say(mark: Mark, text: string): void;
  /** Prints a line without time or mark. */
  line(...pieces: readonly Piece[]): void;
  /** Sets the panel, given the number of columns. */
  show(panel: (columns: number) => readonly (readonly Piece[])[]): void;
  /** Removes the panel, and leaves the printed lines. */
  close(): void;
}

const frameMs = 100;
/** Least rows of a terminal with a panel. */
const minRows = 14;

/** Creates the screen on `stream`. */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  const began = performance.now();
  const tty = stream.isTTY && process.env["TERM"] !== "dumb" ? stream as WriteStream : undefined;
  const coloured = tty !== undefined && !process.env["NO_COLOR"];
  const block = tty !== undefined && (tty.rows ?? 0) > minRows ? createBlock(tty) : undefined;
  const clock = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  let panel: Parameters<Screen["show"]>[0] | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  const paint = ([text, style]: Piece): string =>
    coloured && style ? styleText(style, text, { validateStream: false }) : text;
  const join = (pieces: readonly Piece[]): string => pieces.map(paint).join("");

  /** Prints `text` above the panel. */
  function put(text: string): void {
    if (!block || !timer) return void stream.write(text);
    const columns = tty!.columns - 1;
    const lines = panel ? panel(columns).map((pieces) => join(cut(pieces, columns))) : [];
    block.paint(lines, text);
  }

  const line = (...pieces: readonly Piece[]): void => put(join(pieces) + "\n");
  const stamp = (): Piece => [clock().padStart(8) + "  ", "dim"];

  return {
    columns: tty?.columns ?? Infinity,
    clock,
    line,
    title(name, why) {
      if (tty) line();
      line(stamp(), [name, "bold"], [`  ${why}`, "dim"]);
    },
    say(mark, text) {
      const [sign, style] = marks[mark];
      line(stamp(), [sign, style], [` ${text}`, mark === "note" ? "dim" : undefined]);
    },
    show(next) {
      panel = next;
      if (!block || timer) return;
      timer = setInterval(() => put(""), frameMs);
      timer.unref();
      put("");
    },
    close() {
      panel = undefined;
      if (timer) put("");
      clearInterval(timer);
      timer = undefined;
      block?.close();
    },
  };
}

/** The part of a line that fits into `columns`. */
function cut(pieces: readonly Piece[], columns: number): Piece[] {
  let left = columns;
  const out: Piece[] = [];
  for (const [text, style] of pieces) {
    out.push([shorten(text, left), style]);
    left -= [...text].length;
    if (left <= 0) break;
  }
  return out;
}

/** Shortens a path to `columns`. Paths differ at their end, so the beginning is dropped. */
export function shorten(text: string, columns: number): string {
  const letters = [...text];
  if (letters.length <= columns) return text;
  return columns < 2 ? "" : "…" + letters.slice(1 - columns).join("");
}
