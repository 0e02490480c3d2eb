/**
 * The one place that asks for threads and processes, and only when a worker
 * wants one: an edge bundle holds nothing of them.
 *
 * @module
 */

import { loaded } from "../task/current_run.ts";

/** What a host with threads can do. */
export type Threads = typeof import("#node");

/** Loads it. */
export function threads(): Promise<Threads> {
  return loaded(() => import("#node"));
}
