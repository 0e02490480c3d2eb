/**
 * Interrupts a command: Ctrl-C, SIGTERM, or `--timeout`.
 *
 * @module
 */

import { CliError } from "./cli_error.ts";
import type { Ending, Host } from "./host.ts";

export { createWishes } from "../../core/base/second_wish.ts";

/** Exit codes that a shell expects after each signal. */
const exitCodes: Readonly<Record<Ending, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Time an interrupted command has to close its resources. */
const graceMs = 500;
/** Longest timer that Node.js accepts. */
const maxTimerMs = 2_147_483_647;

/** Reason of an interruption by a signal. */
export class Interrupted extends Error {
  override readonly name = "AbortError";
  /** Exit code of the process. */
  readonly exit: number;

  /** Creates the reason for `signal`. */
  constructor(signal: Ending) {
    super(`Interrupted by ${signal}`);
    this.exit = exitCodes[signal];
  }
}

/** The interruption of one command. */
export interface Interruption {
  /** Aborted by a signal or the time limit. */
  readonly signal: AbortSignal;
  /** Settles as `work` does; rejects shortly after an interruption, unless the command is graceful. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Stops listening for signals. */
  close(): void;
}

/**
 * Listens for signals and starts the time limit. A `graceful` command handles
 * a second signal, and a hangup, by itself.
 */
export function listenForInterruption(
  host: Host,
  timeoutMs: number | undefined,
  graceful = false,
): Interruption {
  const controller = new AbortController();
  const { signal } = controller;
  const unsubscribe = host.onSignal((received) => {
    if (graceful && (signal.aborted || received === "SIGHUP")) return;
    // A second signal ends the process at once.
    if (signal.aborted) host.exit(exitCodes[received]);
    controller.abort(new Interrupted(received));
  });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
    controller.abort(
      new CliError(6, `Cannot finish within ${timeoutMs} ms`, { hint: "pass a longer --timeout" }),
    );
  }, Math.min(timeoutMs, maxTimerMs));
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
      unsubscribe();
    },
  };
}
