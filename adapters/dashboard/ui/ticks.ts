/**
 * Round numbers for the axes of charts.
 *
 * @module
 */

/** Round numbers from 0 to at least `most`, at equal distances: three to five of them. */
export function niceTicks(most: number): number[] {
  const reach = most > 0 ? most : 1;
  const raw = reach / 3;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= raw * 0.999)!;
  const n = Math.max(1, Math.ceil(reach / step - 1e-9));
  return Array.from({ length: n + 1 }, (_, i) => i * step);
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const timeSteps = [
  10_000,
  30_000,
  minute,
  2 * minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
];

/** The most labels of a time axis. */
const mostLabels = 6;

/** Round times (in UTC) from `from` to `to`, in ms since 1970. */
export function timeTicks(from: number, to: number): number[] {
  const step = timeSteps.find((each) => (to - from) / each <= mostLabels) ?? 7 * day;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

/** The label of a time on an axis of this length: `14:05`, `14:05:30`, or `11-30` for days. */
export function tickLabel(at: number, spanMs: number): string {
  const iso = new Date(at).toISOString();
  if (spanMs > 2 * day) return iso.slice(5, 10);
  return spanMs < 5 * minute ? iso.slice(11, 19) : iso.slice(11, 16);
}
