/**
 * A task followed as server-sent events: its status, whenever that changes, until it is
 * final. Progress is stored but not published, so Redis is also polled.
 *
 * @module
 */

import type { Context } from "hono";
import { RelierError, type TaskHandle, type TaskStatus } from "../../mod.ts";
import { problem, retryAfter } from "./problem.ts";
import { type EventStream, eventStream } from "./sse.ts";
import { type FoundTask, isFinal } from "./task_lookup.ts";

/** The first pause between two polls; it doubles while nothing changes. */
const minPollMs = 500;
const maxPollMs = 5_000;

/** The most streams of one app at a time: each of them polls Redis, and holds a connection. */
const maxStreams = 1000;

/** Returns a function that streams the status of a task until it is final or the client leaves. */
export function createTaskStreams(
  most: number = maxStreams,
): (c: Context, task: FoundTask) => Response {
  let open = 0;
  return (c, { handle }) => {
    if (open >= most) {
      return problem(503, "Too many event streams are open", { headers: retryAfter(maxPollMs) });
    }
    return eventStream(c, async (stream) => {
      open++;
      try {
        await sendStatuses(handle, stream);
      } finally {
        open--;
      }
    });
  };
}

async function sendStatuses(handle: TaskHandle, stream: EventStream): Promise<void> {
  wakeOnEvents(handle, stream);
  let previous = "";
  let pollMs = minPollMs;
  while (!stream.signal.aborted) {
    const status = await statusOf(handle);
    const data = JSON.stringify(status);
    if (data === previous) pollMs = Math.min(2 * pollMs, maxPollMs);
    else {
      previous = data;
      pollMs = minPollMs;
      const final = isFinal(status.state);
      await stream.send("status", data, final ? "final" : undefined);
      if (final) return;
    }
    await stream.wait(pollMs);
  }
}

/** The status of the task; `none` once its record has expired. */
async function statusOf(handle: TaskHandle): Promise<TaskStatus | { state: "none" }> {
  try {
    return await handle.status();
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return { state: "none" };
    throw error;
  }
}

/**
 * Polls at once when Redis publishes an event of the task, and when its client is closed; over HTTP
 * no event arrives.
 */
function wakeOnEvents(handle: TaskHandle, { signal, wake }: EventStream): void {
  void (async () => {
    for await (const _ of handle.events({ signal })) wake();
  })().then(wake, () => {});
}
