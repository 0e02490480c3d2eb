/**
 * A port that behaves as one over HTTP: scripts run, no messages arrive, and a wait is
 * a sleep. It counts its calls, because each script is billed there.
 *
 * @module
 */

import { sleep } from "../../core/base/timers.ts";
import type { RedisPort } from "../../mod.ts";

/** A port without subscriptions, and the calls that it received. */
export interface HttpPort {
  readonly port: RedisPort;
  /** The names of the scripts that ran. */
  readonly calls: string[];
  /** The limit of each wait, in milliseconds. */
  readonly waits: number[];
  /** Drops all requests and replies until the returned function is called. */
  cut(): () => void;
}

/** Wraps `port`. */
export function overHttp(port: RedisPort): HttpPort {
  const calls: string[] = [];
  const waits: number[] = [];
  let passable = Promise.resolve();
  return {
    calls,
    waits,
    cut() {
      let mend!: () => void;
      passable = new Promise((resolve) => mend = resolve);
      return mend;
    },
    port: {
      async run(program, ...rest) {
        await passable;
        calls.push(program.name);
        const reply = await port.run(program, ...rest);
        await passable;
        return reply;
      },
      wait(_bells, ms, signal) {
        waits.push(ms);
        return sleep(ms, signal);
      },
      close: () => port.close(),
    },
  };
}
