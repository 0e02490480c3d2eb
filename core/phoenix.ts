/**
 * What brings tasks back: sweeps a partition, again and again, whenever the last
 * sweep said it is worth it. Every worker has one and none leads; the script
 * does the work, once, however many ask.
 *
 * @module
 */

import { type Home, idOf } from "./keys.ts";
import { pause } from "./pause.ts";
import type { Reply } from "./port.ts";
import { call, type Caller } from "./script.ts";
import { sweep } from "./scripts.ts";

/** A task that was brought back, and what its worker came to. */
export interface Resurrection {
  readonly id: string;
  /** `presence`, `lease`, `stalled`, `lost claim`, `crashes`, or what a supervisor saw. */
  readonly cause: string;
}

/** How long a subscription may be missing before its worker is dead. */
const graceMs = 500;
const soonestMs = 20;

/** Sweeps `home` until `signal` aborts. Never throws. */
export async function runPhoenix(
  caller: Caller,
  home: Home,
  leaseMs: number,
  signal: AbortSignal,
  onRaised: (raised: Resurrection) => void,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    let nextMs = 500;
    try {
      const [, , , raised, next] = await call(caller, home, sweep, {
        dead: "",
        cause: "",
        leaseMs,
        graceMs,
      });
      each(home, raised, onRaised);
      nextMs = next;
    } catch (error) {
      onError(error);
    }
    // Jitter keeps workers that started together from asking together.
    await pause(Math.max(soonestMs, nextMs * (0.9 + Math.random() * 0.2)), signal);
  }
}

/** Brings back at once what `worker` held, because it is known to have ended by `cause`. */
export async function evict(
  caller: Caller,
  home: Home,
  worker: string,
  cause: string,
  leaseMs: number,
): Promise<void> {
  await call(caller, home, sweep, { dead: worker, cause, leaseMs, graceMs });
}

function each(home: Home, raised: readonly Reply[], tell: (raised: Resurrection) => void): void {
  for (let i = 0; i < raised.length; i += 2) {
    tell({ id: idOf(home, raised[i] as string), cause: raised[i + 1] as string });
  }
}
