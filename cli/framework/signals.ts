/**
 * The end of a command that does not come by itself: Ctrl-C, SIGTERM, or
 * `--timeout`.
 *
 * @module
 */

import { CliError } from "./cli_error.ts";
import type { Ending, Host } from "./host.ts";

/** What a shell expects of a process that a signal ended. */
const exitCodes: Readonly<Record<Ending, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** How long a command that was interrupted may take to close what it opened. */
const graceMs = 500;

/** Why a command was interrupted. */
export class Interrupted extends Error {
  override readonly name = "AbortError";
  /** What the process exits with. */
  readonly exit: number;

  /** Makes the reason for a signal. */
  constructor(signal: Ending) {
    super(`Interrupted by ${signal}`);
    this.exit = exitCodes[signal];
  }
}

/** Ends a command from outside. */
export interface Stopper {
  /** Aborted when the end has come. */
  readonly signal: AbortSignal;
  /** Settles as `work` does; rejects a moment after the end has come, unless it is graceful. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Hears no signal any more. */
  close(): void;
}

/**
 * Listens for the end; `timeoutMs` after now at the latest. Whoever is `graceful`
 * hears the signals too: what a second one means, and a hangup, is for them to say.
 */
export function createStopper(
  host: Host,
  timeoutMs: number | undefined,
  graceful = false,
): Stopper {
  const controller = new AbortController();
  const { signal } = controller;
  const forget = host.onSignal((heard) => {
    if (graceful && (signal.aborted || heard === "SIGHUP")) return;
    // Whoever asks twice does not want to wait for anything.
    if (signal.aborted) host.exit(exitCodes[heard]);
    controller.abort(new Interrupted(heard));
  });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
    controller.abort(
      new CliError(6, `Cannot finish within ${timeoutMs} ms`, { hint: "pass a longer --timeout" }),
    );
  }, Math.min(timeoutMs, 2_147_483_647));
  return {
    signal,
    race: (work) =>
      new Promise((resolve, reject) => {
        let late: ReturnType<typeof setTimeout> | undefined;
        const stop = (): void => {
          if (!graceful) late = setTimeout(() => reject(signal.reason), graceMs);
        };
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
        work.then(resolve, reject).finally(() => {
          clearTimeout(late);
          signal.removeEventListener("abort", stop);
        });
      }),
    close() {
      clearTimeout(timer);
      forget();
    },
  };
}
