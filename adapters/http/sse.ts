/**
 * Server-sent events: one stream with one heartbeat, for tasks that are followed and
 * for pages that update themselves.
 *
 * @module
 */

import type { Context } from "hono";

/** Bun and many proxies close a connection that is silent for ten seconds. */
const heartbeatMs = 5_000;
/** The heartbeats that a client may leave unread before its stream ends: a minute of them. */
const maxUnread = 12;

const headers = {
  "Content-Type": "text/event-stream",
  // Keeps proxies from buffering or compressing the events.
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** An open stream. */
export interface EventStream {
  /** Aborts when the client leaves, and when the stream ends. */
  readonly signal: AbortSignal;
  /** Sends one event. Resolves once the client has read it. */
  send(event: string, data: string, id?: string): Promise<void>;
  /** Waits `ms`; returns early on {@linkcode wake} and when the client leaves. */
  wait(ms: number): Promise<void>;
  /** Ends the current wait, or the next one if none is under way. */
  wake(): void;
}

/**
 * Answers with the events that `run` sends. The stream ends when `run` returns or throws;
 * the browser then connects again, after `retryMs` if given. `run` is called with the first
 * read of the body: a response that nothing reads, as after HEAD, holds nothing.
 */
export function eventStream(
  c: Context,
  run: (stream: EventStream) => Promise<void>,
  retryMs?: number,
): Response {
  if (c.req.method === "HEAD") return c.body(null, 200, headers);
  return c.body(eventBody(run, c.req.raw.signal, retryMs), 200, headers);
}

function eventBody(
  run: (stream: EventStream) => Promise<void>,
  client: AbortSignal,
  retryMs: number | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  let begun = false;
  let unread = 0;
  let silentBeats = 0;
  let onRead = (): void => {};
  let read: Promise<void>;
  const renew = (): void => void (read = new Promise((resolve) => onRead = resolve));
  renew();
  const end = (): void => {
    ended.abort();
    onRead();
  };

  async function play(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const write = async (text: string): Promise<void> => {
      if (ended.signal.aborted) return;
      unread++;
      controller.enqueue(encoder.encode(text));
      await read;
      unread--;
      silentBeats = 0;
    };
    // A client that does not read gets no second heartbeat: they would pile up.
    const heartbeat = setInterval(() => {
      if (unread === 0) void write(": heartbeat\n\n");
      else if (++silentBeats >= maxUnread) end();
    }, heartbeatMs);
    client.addEventListener("abort", end, { once: true });
    if (client.aborted) end();
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
      const isOpen = !ended.signal.aborted;
      end();
      if (isOpen) controller.close();
    }
  }

  return new ReadableStream<Uint8Array>({
    pull(controller) {
      onRead();
      renew();
      if (begun) return;
      begun = true;
      void play(controller);
    },
    cancel: end,
  }, { highWaterMark: 0 });
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
