/**
 * A page that goes on: what changed of its parts, as often as is asked for, for as
 * long as somebody looks.
 *
 * @module
 */

import type { Context } from "hono";
import { streamSSE } from "hono/streaming";

/** The parts of a page by their `id`, as HTML. */
export type Parts = Readonly<Record<string, string>>;

/** Bun closes what is silent for ten seconds, and so do proxies. */
const heartbeatMs = 5000;
const tickMs = 1000;
const reconnectMs = 2000;
const mostStreams = 500;
let streams = 0;

/**
 * Sends the parts of a page, and from then on those that changed. `parts` is
 * asked every `everyMs`; once it throws, that is told as trouble, and the last word.
 */
export function liveStream(c: Context, parts: () => Promise<Parts>, everyMs: number): Response {
  if (streams >= mostStreams) {
    return c.text("too many pages are open", 503, { "Retry-After": "10" });
  }
  const response = streamSSE(c, async (stream) => {
    streams++;
    let wake = (): void => {};
    stream.onAbort(() => wake());
    const sent = new Map<string, string>();
    let [saidAt, nextAt] = [0, 0];
    try {
      await stream.write(`retry: ${reconnectMs}\n\n`);
      while (!stream.aborted && !stream.closed) {
        const due = Date.now() >= nextAt;
        if (due) nextAt = Date.now() + everyMs;
        const [event, data] = due ? await told(parts, sent) : beat;
        if (data !== "" || Date.now() - saidAt >= heartbeatMs) {
          await stream.writeSSE({ event, data });
          saidAt = Date.now();
        }
        // The page comes again by itself. What has lost its Redis may be about to end, and a
        // server waits for every answer that is under way.
        if (event === "trouble") return;
        await new Promise<void>((resolve) => {
          const restMs = Math.max(0, nextAt - Date.now());
          const timer = setTimeout(resolve, Math.min(tickMs, restMs));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          if (stream.aborted) wake();
        });
      }
    } finally {
      streams--;
    }
  });
  // Nobody on the way may hold it back or repack it.
  response.headers.set("X-Accel-Buffering", "no");
  response.headers.set("Cache-Control", "no-store, no-transform");
  return response;
}

type Told = readonly [event: string, data: string];
const beat: Told = ["beat", ""];

async function told(parts: () => Promise<Parts>, sent: Map<string, string>): Promise<Told> {
  let now: Parts;
  try {
    now = await parts();
  } catch {
    return ["trouble", "Redis does not answer"];
  }
  const changed = Object.entries(now).filter(([id, text]) => sent.get(id) !== text);
  for (const [id, text] of changed) sent.set(id, text);
  return changed.length === 0 ? beat : ["patch", JSON.stringify(Object.fromEntries(changed))];
}
