/**
 * SIGTERM and SIGINT: a signal drains all workers of the process, and the last one to
 * stop ends the process.
 *
 * @module
 */

import { exit, onSignals } from "../base/host.ts";

/** The part of one worker in the end of its process. */
export interface ProcessSignals {
  /** The worker has stopped: signals are ignored from now on. */
  release(): void;
  /** Ends the process, unless other workers handle signals; `restart` asks for a new one. */
  end(restart: boolean): void;
}

/** EX_TEMPFAIL of sysexits.h: the supervisor is to try again. */
const restartCode = 75;

const workers = new Set<ProcessSignals>();
let exitCode = 0;

/** Calls `drain` on SIGTERM and SIGINT, until it is released. */
export function handleSignals(drain: () => void): ProcessSignals {
  const off = onSignals(() => drain()); // Drops the name of the signal, which is no time to drain in.
  const signals: ProcessSignals = {
    release() {
      off();
      workers.delete(signals);
    },
    end(restart) {
      if (restart) exitCode = restartCode;
      if (workers.size === 0) exit(exitCode);
    },
  };
  workers.add(signals);
  return signals;
}
