/**
 * The one import of threads and processes, loaded only when a worker needs one: an edge
 * bundle holds nothing of them.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";

/** The functions of a host with threads. */
export type Threads = typeof import("#node");

/** Loads these functions. */
export function threads(): Promise<Threads> {
  return importOutsideScope(() => import("#node"));
}
