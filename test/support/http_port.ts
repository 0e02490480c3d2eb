/**
 * A port as it is over HTTP, made of another one: scripts run, nothing is heard,
 * and waiting is sleeping. It counts what it is asked for, because there each
 * script is billed.
 *
 * @module
 */

import { sleep } from "../../core/base/timers.ts";
import type { RedisPort } from "../../mod.ts";

/** A port without subscriptions, and what it was asked for. */
export interface HttpPort {
  readonly port: RedisPort;
  /** The scripts that were run, by name. */
  readonly calls: string[];
  /** How long each wait was to be at most, in milliseconds. */
  readonly waits: number[];
  /** From now on nothing is sent and nothing answered, until the returned function is called. */
  cut(): () => void;
}

/** Makes it of `port`. */
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
