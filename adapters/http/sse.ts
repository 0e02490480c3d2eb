/**
 * Server-sent events: one stream with one heartbeat, for tasks that are followed and
 * for pages that update themselves.
 *
 * @module
 */

import type { Context } from "hono";
import { streamSSE } from "hono/streaming";

/** Bun and many proxies close a connection that is silent for ten seconds. */
const heartbeatMs = 5_000;

/** An open stream. */
export interface EventStream {
  /** Aborts when the client leaves, and when the stream ends. */
  readonly signal: AbortSignal;
  /** Sends one event. Resolves once the client can take more. */
  send(event: string, data: string, id?: string): Promise<void>;
  /** Waits `ms`; returns early on {@linkcode wake} and when the client leaves. */
  wait(ms: number): Promise<void>;
  /** Ends the current wait, or the next one if none is under way. */
  wake(): void;
}

/**
 * Answers with the events that `run` sends. The stream ends when `run` returns or throws;
 * the browser then connects again, after `retryMs` if given.
 */
export function eventStream(
  c: Context,
  run: (stream: EventStream) => Promise<void>,
  retryMs?: number,
): Response {
  const response = c.req.method === "HEAD" ? c.body(null) : streamSSE(c, async (sse) => {
    const ended = new AbortController();
    const end = (): void => ended.abort();
    const client = c.req.raw.signal;
    client.addEventListener("abort", end, { once: true });
    sse.onAbort(end);
    let writing = false;
    const write = async (text: string): Promise<void> => {
      writing = true;
      await sse.write(text);
      writing = false;
    };
    // A client that does not read gets no second heartbeat: they would pile up.
    const heartbeat = setInterval(() => void (writing || write(": heartbeat\n\n")), heartbeatMs);
    try {
      if (retryMs !== undefined) await write(`retry: ${retryMs}\n\n`);
      const send = (event: string, data: string, id?: string): Promise<void> =>
        write(`event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`);
      await run({ signal: ended.signal, send, ...waiting(ended.signal) });
    } catch {
      // The status line is long sent. The client connects again and gets the error as a response.
    } finally {
      clearInterval(heartbeat);
      client.removeEventListener("abort", end);
      end();
    }
  });
  response.headers.set("Content-Type", "text/event-stream");
  // Keeps proxies from buffering or compressing the events.
  response.headers.set("Cache-Control", "no-store, no-transform");
  response.headers.set("X-Accel-Buffering", "no");
  return response;
}

/** A wait that a wake or the end of the stream cuts short. */
function waiting(signal: AbortSignal): Pick<EventStream, "wait" | "wake"> {
  let woken = false;
  let stop = (): void => {};
  const wake = (): void => {
    woken = true;
    stop();
  };
  signal.addEventListener("abort", wake, { once: true });
  return {
    wake,
    wait: (ms) =>
      new Promise((resolve) => {
        stop = () => {
          clearTimeout(timer);
          woken = signal.aborted;
          resolve();
        };
        const timer = setTimeout(stop, woken ? 0 : ms);
      }),
  };
}
