/**
 * A task followed as server-sent events: where it stands, whenever that changes,
 * until it is over. Progress is stored and not told, so Redis is asked for it;
 * what is told makes that immediate.
 *
 * @module
 */

import { RelierError, type TaskHandle, type TaskStatus } from "../../mod.ts";
import { type FoundTask, isFinal } from "./task_lookup.ts";

/** Some servers and proxies close what is silent for ten seconds. */
const silentMs = 5_000;
const soonMs = 500;

/** The events of a task, until it is over or `signal` aborts. */
export function taskEventStream(task: FoundTask, signal: AbortSignal): Response {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  signal.addEventListener("abort", leave, { once: true });
  const events = follow(task, gone.signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await events.next();
      if (!done) return controller.enqueue(encoder.encode(value));
      signal.removeEventListener("abort", leave);
      controller.close();
    },
    cancel: leave,
  }, { highWaterMark: 0 }); // Nothing is asked before somebody reads: a HEAD never does.
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

async function* follow({ handle }: FoundTask, signal: AbortSignal): AsyncGenerator<string> {
  const rest = restBetween(handle, signal);
  let before = "";
  let waitMs = soonMs;
  let spokenAt = 0;
  while (!signal.aborted) {
    const status = await statusOf(handle);
    const now = JSON.stringify(status);
    if (now !== before) {
      before = now;
      waitMs = soonMs;
      spokenAt = performance.now();
      const over = isFinal(status.state);
      yield `event: status\n${over ? "id: final\n" : ""}data: ${now}\n\n`;
      if (over) return;
    } else {
      waitMs = Math.min(2 * waitMs, silentMs);
      if (performance.now() - spokenAt + waitMs > silentMs) {
        spokenAt = performance.now();
        yield ": still here\n\n";
      }
    }
    await rest(waitMs);
  }
}

/** Where the task stands; nowhere once it is forgotten. */
async function statusOf(handle: TaskHandle): Promise<TaskStatus | { state: "none" }> {
  try {
    return await handle.status();
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return { state: "none" };
    throw error;
  }
}

/** A rest that ends as soon as something happens to the task, where that is told. */
function restBetween(handle: TaskHandle, signal: AbortSignal): (ms: number) => Promise<void> {
  let happened = false;
  let wake = (): void => {};
  const ring = (): void => {
    happened = true;
    wake();
  };
  signal.addEventListener("abort", ring, { once: true });
  void (async () => {
    for await (const _ of handle.events({ signal })) ring();
  })().catch(() => {}); // Over HTTP nothing is told: then every look is by the clock.
  return (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(end, happened ? 0 : ms);
      wake = end;
      function end(): void {
        clearTimeout(timer);
        happened = false;
        resolve();
      }
    });
}
