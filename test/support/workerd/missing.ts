/**
 * What a file of tests imports and workerd has not: processes, sockets, and who
 * looks for them.
 *
 * @module
 */

import { ask } from "./host.ts";

/** There is no process, so this is none of theirs. */
export const here = "workerd";

/** Finds a port of this machine nobody listens on. */
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
