/**
 * Stand-ins for imports that workerd lacks: processes and sockets, and the code that
 * looks for them.
 *
 * @module
 */

import { ask } from "./host.ts";

/** The name of the runtime, which has no processes. */
export const here = "workerd";

/** Asks the host for a free port of this machine. */
export function freePort(): Promise<number> {
  return ask("host", "freePort");
}

/** Throws, as all below do: a test that needs it is left out. */
export function startRedis(): never {
  throw new Error("Cannot start redis-server: there are no processes in workerd");
}

/** See {@linkcode startRedis}. */
export const fork: typeof startRedis = startRedis;
/** See {@linkcode startRedis}. */
export const Redis: typeof startRedis = startRedis;
/** See {@linkcode startRedis}. */
export const Cluster: typeof startRedis = startRedis;
/** See {@linkcode startRedis}. */
export const Worker: typeof startRedis = startRedis;
/** See {@linkcode startRedis}. */
export const execFile: typeof startRedis = startRedis;
/** See {@linkcode startRedis}. */
export const programLine: typeof startRedis = startRedis;
