/**
 * Live pages: sends the parts of a page that changed, at the user's interval, as long as
 * the page is open.
 *
 * @module
 */

import type { Context } from "hono";
import { eventStream } from "../../http/sse.ts";

/** The parts of a page by their `id`, as HTML. */
export type Parts = Readonly<Record<string, string>>;

const reconnectMs = 2000;
const maxStreams = 500;
let streams = 0;

/**
 * Streams the parts of a page as `patch` events, calling `parts` every `everyMs`. When
 * `parts` throws, a `trouble` event is the last one.
 */
export function liveStream(c: Context, parts: () => Promise<Parts>, everyMs: number): Response {
  if (streams >= maxStreams) {
    return c.text("Too many open pages", 503, { "Retry-After": "10" });
  }
  return eventStream(c, async (stream) => {
    streams++;
    const sent = new Map<string, string>();
    try {
      while (!stream.signal.aborted) {
        const nextAt = Date.now() + everyMs;
        const patch = await changedParts(parts, sent);
        // The browser reconnects by itself. An open stream would keep a server that has lost
        // its Redis from shutting down.
        if (patch === undefined) return await stream.send("trouble", "Redis does not respond");
        if (patch !== "{}") await stream.send("patch", patch);
        await stream.wait(Math.max(0, nextAt - Date.now()));
      }
    } finally {
      streams--;
    }
  }, reconnectMs);
}

/** The parts that changed since the last call, as JSON; undefined if Redis does not respond. */
async function changedParts(
  parts: () => Promise<Parts>,
  sent: Map<string, string>,
): Promise<string | undefined> {
  const current = await parts().catch(() => undefined);
  if (current === undefined) return undefined;
  const changed = Object.entries(current).filter(([id, text]) => sent.get(id) !== text);
  for (const [id, text] of changed) sent.set(id, text);
  return JSON.stringify(Object.fromEntries(changed));
}
