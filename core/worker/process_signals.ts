/**
 * SIGTERM and SIGINT: a signal drains all workers of the process. The last one to stop ends
 * the process, but only if nothing else listens to the signal. A web server or the cleanup of
 * the app may still be at work: then the process ends when its event loop is empty, or when
 * the app exits.
 *
 * @module
 */

import { countListeners, endSignals, exit, leaveExitCode, onSignals } from "../base/host.ts";
import { processGlobal } from "../base/process_global.ts";
import { createWishes } from "../base/second_wish.ts";

/** A worker that a signal drains. */
export interface SignalledWorker {
  drain(): void;
  /** Hands off at once. */
  hurry(): void;
  /** Lets the process end although the connections of the worker's client are open. */
  unref(): void;
}

/** The part of one worker in the end of its process. */
export interface ProcessSignals {
  /** The worker has stopped: signals are ignored from now on. */
  release(): void;
  /** Ends the process, unless other workers handle signals; `restart` asks for a new one. */
  end(restart: boolean): void;
}

/** EX_TEMPFAIL of sysexits.h: the supervisor is to try again. */
const restartCode = 75;

/** The workers of this process that handle signals. */
interface Crew {
  readonly working: Set<SignalledWorker>;
  /** Those that have drained since the signal. */
  readonly stopped: Set<SignalledWorker>;
  /** Ends the listening, if they listen. */
  off: (() => void) | undefined;
  /** The number of other listeners to the signal; undefined before one. */
  others: number | undefined;
  exitCode: number;
}

const crew = processGlobal<Crew>("signals", () => ({
  working: new Set(),
  stopped: new Set(),
  off: undefined,
  others: undefined,
  exitCode: 0,
}));

/** Drains `worker` on SIGTERM and SIGINT, until it is released. */
export function handleSignals(worker: SignalledWorker): ProcessSignals {
  crew.working.add(worker);
  crew.off ??= listen();
  return {
    release() {
      crew.working.delete(worker);
      if (crew.working.size > 0) return;
      crew.off?.();
      crew.off = undefined;
    },
    end(restart) {
      crew.stopped.add(worker);
      if (restart) crew.exitCode = restartCode;
      if (crew.working.size === 0) endProcess();
    },
  };
}

function listen(): () => void {
  crew.others = undefined;
  const wish = createWishes(
    () => [...crew.working].forEach((worker) => worker.drain()),
    () => [...crew.working].forEach((worker) => worker.hurry()),
  );
  return onSignals((signal) => {
    // Counted now: a listener of `once()` is gone when the workers have drained.
    crew.others = (crew.others ?? 0) + countListeners(signal) - 1;
    wish();
  });
}

function endProcess(): void {
  const { stopped, others, exitCode } = crew;
  leaveExitCode(exitCode);
  // Without a signal, a command has drained them.
  if ((others ?? sum(endSignals.map(countListeners))) === 0) return exit();
  for (const worker of stopped) worker.unref();
  stopped.clear();
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
