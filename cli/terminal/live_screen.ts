/**
 * What people see. On a terminal: what happened scrolls by, and below it a few
 * lines are painted anew ten times a second. Elsewhere: one line for each event.
 *
 * @module
 */

import process from "node:process";
import type { WriteStream } from "node:tty";
import { styleText } from "node:util";

/** A piece of a line, and its colour. */
export type Piece = readonly [text: string, style?: Parameters<typeof styleText>[0] | undefined];

// Where a mark takes two columns it is followed by one blank less.
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
  /** How many columns fit into a line. */
  readonly columns: number;
  /** How long it has been there, as people read it. */
  clock(): string;
  /** An act begins. */
  title(name: string, why: string): void;
  /** Something happened. */
  say(mark: Mark, text: string): void;
  /** A line without time or mark. */
  line(...pieces: readonly Piece[]): void;
  /** What to paint below, given how many columns there are. */
  show(panel: (columns: number) => readonly (readonly Piece[])[]): void;
  /** Stops painting, and leaves what was said. */
  close(): void;
}

const frameMs = 100;
const roomFor = 14;

/** Makes the screen on `stream`. */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  const began = performance.now();
  const tty = stream.isTTY && process.env["TERM"] !== "dumb" ? stream as WriteStream : undefined;
  const coloured = tty !== undefined && !process.env["NO_COLOR"];
  const live = tty !== undefined && (tty.rows ?? 0) > roomFor;
  const clock = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  let panel: Parameters<Screen["show"]>[0] | undefined;
  let painted = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const paint = ([text, style]: Piece): string =>
    coloured && style ? styleText(style, text, { validateStream: false }) : text;
  const join = (pieces: readonly Piece[]): string => pieces.map(paint).join("");

  /** Writes `text` above the panel, and the panel below it; in one go, so that nothing flickers. */
  function put(text: string): void {
    if (!live) return void stream.write(text);
    const up = painted > 0 ? `\x1b[${painted}F\x1b[J` : "";
    const columns = tty!.columns - 1;
    const lines = panel ? panel(columns).map((pieces) => join(cut(pieces, columns)) + "\n") : [];
    painted = lines.length;
    stream.write(`\x1b[?2026h${up}${text}${lines.join("")}\x1b[?2026l`);
  }

  const line = (...pieces: readonly Piece[]): void => put(join(pieces) + "\n");
  const stamp = (): Piece => [clock().padStart(8) + "  ", "dim"];
  const showCursor = (): void => {
    if (live) stream.write("\x1b[?25h");
  };

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
      if (!live || timer) return;
      stream.write("\x1b[?25l");
      process.once("exit", showCursor);
      timer = setInterval(() => put(""), frameMs);
      timer.unref();
      put("");
    },
    close() {
      clearInterval(timer);
      panel = undefined;
      if (live) put("");
      showCursor();
      process.off("exit", showCursor);
    },
  };
}

/** As much of a line as fits into `columns`. */
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

/** The end of `text` is what tells one path from another, so the beginning goes. */
export function shorten(text: string, columns: number): string {
  const letters = [...text];
  if (letters.length <= columns) return text;
  return columns < 2 ? "" : "…" + letters.slice(1 - columns).join("");
}
