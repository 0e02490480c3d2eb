/**
 * Ending the process when its workers have left: a signal drains all of them,
 * and the last one to go ends it.
 *
 * @module
 */

import { exit, onSignals } from "../base/host.ts";

/** What a worker that handles signals is on. */
export interface Duty {
  /** The worker has left: signals are none of its business any more. */
  leave(): void;
  /** Ends the process, unless others are on duty; `again` asks whoever started it for a new one. */
  end(again: boolean): void;
}

/** EX_TEMPFAIL of sysexits.h: what was wanted is to be tried again. */
const againCode = 75;

const onDuty = new Set<Duty>();
let exitCode = 0;

/** Calls `drain` on SIGTERM and SIGINT, until it is left. */
export function takeDuty(drain: () => void): Duty {
  const off = onSignals(() => drain()); // A signal comes with its name, which is no time to drain in.
  const duty: Duty = {
    leave() {
      off();
      onDuty.delete(duty);
    },
    end(again) {
      if (again) exitCode = againCode;
      if (onDuty.size === 0) exit(exitCode);
    },
  };
  onDuty.add(duty);
  return duty;
}
