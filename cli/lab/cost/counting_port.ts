/**
 * A port that counts the commands that a hosted Redis bills. A script is one command,
 * and so is a wait for a bell. Over HTTP there are no bells, and waiting is sleeping.
 *
 * @module
 */

import type { RedisPort } from "../../../mod.ts";

/** The connection to Redis. */
export type Transport = "tcp" | "http";

/** A port that counts. */
export interface Counted {
  readonly port: RedisPort;
  /** Calls in flight. */
  readonly inFlight: number;
  /** The commands since the last call of this, by name. */
  take(): Map<string, number>;
}

/** Counts the calls through `port`, which the caller closes. */
export function counted(port: RedisPort, transport: Transport): Counted {
  let counts = new Map<string, number>();
  let inFlight = 0;
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  // By the global timer, which a fast-forwarded process replaces.
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
    get inFlight() {
      return inFlight;
    },
    take() {
      const taken = counts;
      counts = new Map();
      return taken;
    },
    port: {
      async run(program, ...rest) {
        count(program.name);
        inFlight++;
        return await port.run(program, ...rest).finally(() => inFlight--);
      },
      wait(bells, ms, signal) {
        if (transport === "http") return sleep(ms, signal);
        count("BLPOP");
        return port.wait(bells, ms, signal);
      },
      ...transport === "tcp" && port.listen && { listen: port.listen },
      close: () => Promise.resolve(),
    },
  };
}

/** The sum of all commands. */
export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, n) => all + n, 0);
}
