/**
 * Shows a command's output again and again: repainted in place on a terminal,
 * one under the other elsewhere.
 *
 * @module
 */

import type { ErrorReport } from "../framework/error_report.ts";
import { CliError } from "../framework/cli_error.ts";
import type { Host, Screen } from "../framework/host.ts";
import { type OutputOptions, spanOf } from "../framework/output.ts";
import { hasColor, styleOf } from "../framework/style.ts";
import { json } from "../../core/console/mod.ts";
import { cut } from "./text.ts";

/** What is watched, and how. */
export interface Watching {
  /** Prints it once. */
  readonly once: (stdout: Screen, stderr: Screen) => Promise<unknown>;
  /** How often, in milliseconds. */
  readonly every: number;
  readonly manner: OutputOptions;
  readonly signal: AbortSignal;
  readonly host: Host;
  /** What is told about an error. */
  readonly complaint: (error: unknown) => ErrorReport;
}

// Between these a terminal keeps the old picture, so that nobody sees half of a new one.
const begin = "\u001b[?2026h";
const end = "\u001b[?2026l";
const hide = "\u001b[?25l";
const show = "\u001b[?25h";

/** Shows it until `signal` is aborted. @throws what the first time failed with */
export async function watch(watching: Watching): Promise<void> {
  const { every, signal, manner, host } = watching;
  const { round, failed, over } = manner.json
    ? appending(watching)
    : host.stdout.isTTY === true
    ? repainting(watching)
    : repeating(watching);
  // Not when the last round is over: it may hang on a Redis that is away.
  signal.addEventListener("abort", over, { once: true });
  try {
    for (let first = true; !signal.aborted; first = false) {
      try {
        await round();
      } catch (error) {
        const usage = error instanceof CliError && error.exit === 2;
        if (first || usage || signal.aborted) throw error;
        failed(error);
      }
      await pause(every, signal);
    }
  } finally {
    over();
  }
}

/** How it is shown. */
interface Way {
  /** Shows it once. */
  round(): Promise<unknown>;
  /** Shows what a round failed with. */
  failed(error: unknown): void;
  /** Leaves the screen as it was. */
  over(): void;
}

function appending({ once, host: { stdout, stderr }, complaint }: Watching): Way {
  return {
    round: () => once(stdout, stderr),
    failed: (error) => void stderr.write(json(complaint(error)) + "\n"),
    over: () => {},
  };
}

function repeating({ once, host: { stdout, stderr }, manner, complaint }: Watching): Way {
  return {
    async round() {
      if (!manner.quiet) stdout.write(`${new Date().toISOString()}\n`);
      await once(stdout, stderr);
    },
    failed: (error) => void stderr.write(`error: ${complaint(error).message}\n`),
    over: () => {},
  };
}

function repainting({ once, every, manner, signal, host, complaint }: Watching): Way {
  const { stdout } = host;
  const { dim, red } = styleOf(hasColor(host, stdout, manner.color));
  const paint = painter(stdout);
  let last = "";
  let shown = false;
  const frame = (text: string): void => {
    if (signal.aborted) return;
    const now = new Date();
    const at = manner.iso ? now.toISOString() : now.toTimeString().slice(0, 8);
    if (!shown) stdout.write(hide);
    shown = true;
    paint(`${dim(`${at} · every ${spanOf(every)} · Ctrl-C ends`)}\n${text}`);
  };
  return {
    async round() {
      const buffer = collector(stdout);
      // What is said belongs to the picture too.
      await once(buffer, buffer);
      last = buffer.text();
      frame(last);
    },
    failed: (error) => frame(`${red("error:")} ${complaint(error).message}\n${dim(last)}`),
    over() {
      if (shown) stdout.write(show);
      shown = false;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over);
    if (signal.aborted) over();
  });
}

/** Collects what is written, for a screen like `screen`. */
function collector(screen: Screen): Screen & { text(): string } {
  let text = "";
  return {
    isTTY: screen.isTTY === true,
    write: (more) => void (text += more),
    text: () => text,
  };
}

/** Paints over what it painted before, no higher and no wider than the terminal. */
function painter(screen: Screen): (text: string) => void {
  let height = 0;
  let width = screen.columns ?? 80;
  return (text) => {
    const { columns = 80, rows = 24 } = screen;
    const all = text.replace(/\n$/, "").replaceAll("\t", "  ").split("\n");
    const room = Math.max(1, rows - 1);
    const lines = all.length <= room
      ? all
      : [...all.slice(0, room - 1), `… ${all.length - room + 1} more lines`];
    // A terminal that became narrower has wrapped what was on it: nobody knows where it begins.
    const home = columns < width ? "\u001b[2J\u001b[H" : height > 0 ? `\u001b[${height}F` : "";
    const body = lines.map((line) => `${cut(line, columns)}\u001b[K\n`).join("");
    screen.write(`${begin}${home}${body}\u001b[J${end}`);
    height = lines.length;
    width = columns;
  };
}
