/**
 * What `#node` stands for where there are no threads: on the edge and in
 * browsers.
 *
 * @module
 */

import type { FromIsolate, Isolate, IsolateKind } from "../../core/threads/isolate_messages.ts";
import type { Cover, StandInEars } from "../../core/threads/stall_guard_thread.ts";

/** There is no isolate to limit. */
export function limitsMemory(_isolate: IsolateKind["isolate"]): boolean {
  return false;
}

/** No handler can be killed here. */
export function openIsolate(
  _kind: IsolateKind,
  _onMessage: (message: FromIsolate) => void,
  _onGone: (why: string) => void,
): Isolate {
  throw new TypeError("Cannot isolate a task: this runtime has no threads");
}

/** Nobody stands in: the event loop alone proves that the worker lives. */
export function hireStandIn(
  _origin: unknown,
  _duty: Cover,
  _ears: StandInEars,
  _onError: (error: unknown) => void,
): { started(partition: number, id: string): void; stop(): void } | undefined {
  return undefined;
}
