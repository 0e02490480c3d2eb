/**
 * The places where tasks are defined. A development server evaluates an edited module again in the
 * same process: the same name from the same place is then a new version, not a second task.
 *
 * @module
 */

import { environment } from "../base/host.ts";
import { processGlobal } from "../base/process_global.ts";

const places = processGlobal("places", () => new Map<string, string | undefined>());
/** The names that were defined in this turn. A module that is evaluated again defines them later. */
const fresh = new Set<string>();

/** Remembers that `name` is defined at `place`. */
export function rememberPlace(name: string, place: string | undefined): void {
  places.set(name, place);
  fresh.add(name);
  queueMicrotask(() => fresh.delete(name));
}

/**
 * Returns true if a definition of `name` at `place` is a reload of the one before. Nothing reloads
 * in production, except that Next.js compiles a module into each page and route that imports it.
 */
export function isReload(name: string, place: string | undefined): boolean {
  if (isFromNext(place) && isFromNext(places.get(name))) return true;
  return place !== undefined && places.get(name) === place && !fresh.has(name) &&
    environment("NODE_ENV") !== "production";
}

function isFromNext(place: string | undefined): boolean {
  return place !== undefined && /[\\/]\.next[\\/]/.test(place);
}

/** The place of the first definition of `name`, if it is known. */
export function placeOfName(name: string): string | undefined {
  return places.get(name);
}

/**
 * Returns the file from which `called` was called, without the query that a reload adds; undefined
 * if the runtime does not show it.
 */
export function callerOf(called: (...args: never[]) => unknown): string | undefined {
  const { captureStackTrace } = Error as unknown as {
    captureStackTrace?(target: object, below: unknown): void;
  };
  const at: { stack?: unknown } = {};
  captureStackTrace?.(at, called);
  const [, frame = ""] = typeof at.stack === "string" ? at.stack.split("\n") : [];
  return fileIn(frame.trim());
}

/** The file in a frame such as `at load (file:///app/tasks.ts?t=1:3:5)`. */
function fileIn(frame: string): string | undefined {
  const open = frame.endsWith(")") ? frame.indexOf(" (") : -1;
  const position = open < 0 ? frame.replace(/^at (?:async )?/, "") : frame.slice(open + 2, -1);
  const [, place] = /^(.+):\d+:\d+$/.exec(position) ?? [];
  // Code without a name of its own: two modules may look alike.
  if (place === undefined || /<anonymous>|^eval at /.test(place)) return undefined;
  return place.startsWith("file://") ? pathOf(place) : place.replace(/[?#][^/\\]*$/, "");
}

/** The path of a file URL: Turbopack names a new version by URL, and the first one by path. */
function pathOf(url: string): string {
  const path = url.replace(/^file:\/\/|[?#].*$/g, "");
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
