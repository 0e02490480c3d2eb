/**
 * The entry of every thread of this package, and the channel to one. Deno drops
 * messages to a thread that does not listen yet, so the thread speaks first.
 *
 * @module
 */

import type { Worker } from "node:worker_threads";

refuseNowhere(import.meta.url);

/** The file with which every thread and process of this package starts. */
export const entry: URL = new URL("./entry.js", import.meta.url);

/** The same for a thread, which takes a file or a text: what JSR serves is neither. */
export const threadEntry: URL = entry.protocol === "file:"
  ? entry
  : new URL(`data:text/javascript,import${encodeURIComponent(JSON.stringify(entry.href))}`);

/** A bundle in CommonJS leaves `import.meta.url` undefined, which is no base of a URL. */
function refuseNowhere(place: string | undefined): void {
  if (place) return;
  throw new TypeError(
    "Cannot find entry.js: a CommonJS bundle does not know its own place; bundle as ESM, or keep " +
      "@relier/core out of the bundle",
  );
}

/** The first message of a thread: it listens now. */
export const listening = "listening";

/** Receives the messages of `thread`; returns a function that posts to it, once it listens. */
export function openChannel<To, From>(
  thread: Worker,
  receive: (message: From) => void,
): (message: To) => void {
  let unsent: To[] | undefined = [];
  thread.on("message", (message: From | typeof listening) => {
    if (message !== listening) return receive(message as From);
    for (const each of unsent ?? []) thread.postMessage(each);
    unsent = undefined;
  });
  return (message) => {
    if (unsent) unsent.push(message);
    else thread.postMessage(message);
  };
}
