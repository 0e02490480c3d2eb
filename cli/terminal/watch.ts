/**
 * Runs a command repeatedly (`--watch`): repainted in place on a terminal,
 * appended elsewhere.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorReport } from "../framework/error_report.ts";
import { CliError } from "../framework/cli_error.ts";
import type { Host, Screen } from "../framework/host.ts";
import { type OutputOptions, spanOf } from "../framework/output.ts";
import { hasColor, styleOf } from "../framework/style.ts";
import { json } from "../../core/console/mod.ts";
import { createBlock } from "./screen.ts";
import { cut } from "./text.ts";

/** A command to watch. */
export interface WatchOptions {
  /** Runs the command once. */
  readonly once: (stdout: Screen, stderr: Screen) => Promise<unknown>;
  /** Interval in milliseconds. */
  readonly every: number;
  readonly output: OutputOptions;
  readonly signal: AbortSignal;
  readonly host: Host;
  /** Turns an error into a report. */
  readonly report: (error: unknown) => ErrorReport;
}

/** Watches until `signal` is aborted. @throws the error of the first run, and any usage error. */
export async function watch(options: WatchOptions): Promise<void> {
  const { every, signal, output, host } = options;
  const { run, fail, close } = output.json
    ? appended(options)
    : host.stdout.isTTY === true
    ? repainted(options)
    : repeated(options);
  // Closes at once, not after the last run: that may hang on an unreachable Redis.
  signal.addEventListener("abort", close, { once: true });
  try {
    for (let first = true; !signal.aborted; first = false) {
      try {
        await run();
      } catch (error) {
        const usage = error instanceof CliError && error.exit === 2;
        if (first || usage || signal.aborted) throw error;
        fail(error);
      }
      await sleep(every, undefined, { signal }).catch(() => {});
    }
  } finally {
    close();
  }
}

/** One way to show repeated runs. */
interface WatchView {
  /** Runs the command once and shows its output. */
  run(): Promise<unknown>;
  /** Shows the error of a run. */
  fail(error: unknown): void;
  /** Restores the terminal. */
  close(): void;
}

function appended({ once, host: { stdout, stderr }, report }: WatchOptions): WatchView {
  return {
    run: () => once(stdout, stderr),
    fail: (error) => void stderr.write(json(report(error)) + "\n"),
    close: () => {},
  };
}

function repeated({ once, host: { stdout, stderr }, output, report }: WatchOptions): WatchView {
  return {
    async run() {
      if (!output.quiet) stdout.write(`${new Date().toISOString()}\n`);
      await once(stdout, stderr);
    },
    fail: (error) => void stderr.write(`error: ${report(error).message}\n`),
    close: () => {},
  };
}

function repainted({ once, every, output, signal, host, report }: WatchOptions): WatchView {
  const { stdout } = host;
  const { dim, red } = styleOf(hasColor(host, stdout, output.color));
  const { paint, close } = createBlock(stdout);
  let last = "";
  const show = (text: string): void => {
    if (signal.aborted) return;
    const now = new Date();
    const at = output.iso ? now.toISOString() : now.toTimeString().slice(0, 8);
    const title = dim(`${at} · every ${spanOf(every)} · Ctrl-C stops`);
    paint(clipped(`${title}\n${text}`, stdout));
  };
  return {
    async run() {
      const buffer = collector(stdout);
      // Messages are part of the frame, too.
      await once(buffer, buffer);
      last = buffer.text();
      show(last);
    },
    fail: (error) => show(`${red("error:")} ${report(error).message}\n${dim(last)}`),
    close,
  };
}

/** Collects output for a screen like `screen`. */
function collector(screen: Screen): Screen & { text(): string } {
  let text = "";
  return {
    isTTY: screen.isTTY === true,
    write: (more) => void (text += more),
    text: () => text,
  };
}

/** The lines of `text`, no more and no wider than fit on `screen`. */
function clipped(text: string, { columns = 80, rows = 24 }: Screen): string[] {
  const all = text.replace(/\n$/, "").replaceAll("\t", "  ").split("\n");
  const room = Math.max(1, rows - 1);
  const lines = all.length <= room
    ? all
    : [...all.slice(0, room - 1), `… ${all.length - room + 1} more lines`];
  return lines.map((line) => cut(line, columns));
}
