/**
 * Tasks whose runs end when the test says so.
 *
 * @module
 */

import { rlTask, type Task } from "../../mod.ts";

/** A task that counts its runs. */
export interface Gate {
  readonly task: Task<string, [number], number>;
  /** The arguments of the runs under way. */
  readonly running: ReadonlySet<number>;
  /** The number of runs so far. */
  readonly starts: number;
  /** The most runs at once so far. */
  readonly most: number;
  /** Ends the runs under way. */
  finish(): void;
}

/** Makes a task called `name`. */
export function gated(name: string): Gate {
  const ends = new Set<() => void>();
  const running = new Set<number>();
  let starts = 0;
  let most = 0;
  const task = rlTask(name, async (n: number) => {
    starts++;
    running.add(n);
    most = Math.max(most, running.size);
    await new Promise<void>((resolve) => ends.add(resolve));
    running.delete(n);
    return n;
  });
  return {
    task,
    running,
    get starts() {
      return starts;
    },
    get most() {
      return most;
    },
    finish() {
      for (const end of ends) end();
      ends.clear();
    },
  };
}
