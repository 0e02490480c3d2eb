/**
 * Counting what a Redis bills: a script is one command, whatever it does inside,
 * and so is waiting for a bell. Over HTTP nothing can be heard, and waiting is
 * sleeping.
 *
 * @module
 */

import type { RedisPort } from "../../../mod.ts";

/** How Redis is reached. */
export type Way = "tcp" | "http";

/** A port that counts. */
export interface Counted {
  readonly port: RedisPort;
  /** Calls under way. */
  readonly flying: number;
  /** How many commands there were since the last time this was asked, by name. */
  take(): Map<string, number>;
}

/** Counts what goes through `port`, which stays the caller's to close. */
export function counted(port: RedisPort, way: Way): Counted {
  let counts = new Map<string, number>();
  let flying = 0;
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end, { once: true });
    });
  return {
    get flying() {
      return flying;
    },
    take() {
      const taken = counts;
      counts = new Map();
      return taken;
    },
    port: {
      async run(program, ...rest) {
        count(program.name);
        flying++;
        return await port.run(program, ...rest).finally(() => flying--);
      },
      wait(bells, ms, signal) {
        if (way === "http") return sleep(ms, signal);
        count("BLPOP");
        return port.wait(bells, ms, signal);
      },
      ...way === "tcp" && port.listen && { listen: port.listen },
      close: () => Promise.resolve(),
    },
  };
}

/** All of them together. */
export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, n) => all + n, 0);
}
