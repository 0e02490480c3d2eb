/**
 * Text for numbers and times, on a terminal and in a browser.
 *
 * @module
 */

import { parseDuration, units } from "../base/duration.ts";

export { count, listSome, plural, spanOf } from "../base/format.ts";

/** `0`, `0.4`, `12`, `1.2k`, `3.4M`: two or three significant digits. */
export function brief(n: number): string {
  if (n >= 999_950) return `${trim(n / 1_000_000)}M`;
  if (n >= 10_000) return `${trim(n / 1000)}k`;
  if (n >= 10 || Number.isInteger(n)) return String(Math.round(n));
  return n.toFixed(1);
}

function trim(n: number): string {
  return n < 100 ? n.toFixed(1).replace(/\.0$/, "") : String(Math.round(n));
}

/** `250ms`, `30s`, `2m`: a duration that parses back to the same value. */
export function durationText(ms: number): string {
  const unit = (["d", "h", "m", "s"] as const).find((each) => ms > 0 && ms % units[each] === 0);
  return unit === undefined ? `${ms}ms` : `${ms / units[unit]}${unit}`;
}

/** Milliseconds of a text such as `30s` or `1.5h`; a bare number is seconds. Undefined if it is none. */
export function readDuration(text: string): number | undefined {
  return /^\d/.test(text) ? parseDuration(/\d$/.test(text) ? `${text}s` : text) : undefined;
}

/** Quotes a text as one word of a command line. */
export function shellWord(text: string): string {
  return /^[\w./:~@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
