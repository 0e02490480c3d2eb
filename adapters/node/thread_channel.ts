/**
 * Where our threads start, and the line to one. Deno drops what a thread is told
 * before it listens, so the first word is the thread's.
 *
 * @module
 */

import type { Worker } from "node:worker_threads";

/** What every thread and process of ours starts with. */
export const entry: URL = new URL("./entry.js", import.meta.url);

/** The same for a thread, which takes a file or a text: what JSR serves is neither. */
export const threadEntry: URL = entry.protocol === "file:"
  ? entry
  : new URL(`data:text/javascript,import${encodeURIComponent(JSON.stringify(entry.href))}`);

/** What a thread says once it listens. */
export const listening = "listening";

/** Hears what `thread` says from now on; returns what tells it something, as soon as it listens. */
export function lineTo<To, From>(
  thread: Worker,
  hear: (message: From) => void,
): (message: To) => void {
  let untold: To[] | undefined = [];
  thread.on("message", (message: From | typeof listening) => {
    if (message !== listening) return hear(message as From);
    for (const each of untold ?? []) thread.postMessage(each);
    untold = undefined;
  });
  return (message) => {
    if (untold) untold.push(message);
    else thread.postMessage(message);
  };
}
