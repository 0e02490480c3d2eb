/**
 * `#node` without threads, on the edge and in browsers.
 *
 * @module
 */

import type { StallGuardConfig, StallGuardEvents } from "../../core/threads/stall_guard_thread.ts";

/** Refuses: no handler can be killed here. */
export function openIsolatePool(..._given: unknown[]): never {
  throw new TypeError("Cannot isolate a task: this runtime has no threads");
}

/** Starts nothing: the event loop alone proves that the worker lives. */
export function startStallGuard(
  _origin: unknown,
  _config: StallGuardConfig,
  _events: StallGuardEvents,
): { started(partition: number, id: string): void; stop(): void } | undefined {
  return undefined;
}
