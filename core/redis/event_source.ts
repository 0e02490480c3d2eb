/**
 * The events of a client. Their code is loaded on first use: an app that only pushes does without.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";
import { RelierError } from "../base/errors.ts";
import type { Caller } from "./call.ts";
import type { EventSource } from "./event_stream.ts";

/** Creates the source of a client. */
export function createEventSource(caller: Caller): EventSource {
  let streams: EventSource | undefined;
  let isClosed = false;

  async function opened(): Promise<EventSource> {
    const { createEventStreams } = await importOutsideScope(() => import("./event_stream.ts"));
    if (isClosed) {
      throw new RelierError("RL_CONNECTION", "Cannot follow events: the client is closed");
    }
    return streams ??= createEventStreams(caller);
  }

  return {
    async *follow(...call) {
      yield* (await opened()).follow(...call);
    },
    async *followTask(...call) {
      yield* (await opened()).followTask(...call);
    },
    close() {
      isClosed = true;
      streams?.close();
    },
  };
}
