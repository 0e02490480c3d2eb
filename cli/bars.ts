/**
 * Numbers as pictures that fit into a line.
 *
 * @module
 */

/** `██████░░` for 75. */
export function bar(percent: number, columns: number): string {
  const full = Math.round(Math.min(100, Math.max(0, percent)) / 100 * columns);
  return "█".repeat(full) + "░".repeat(columns - full);
}

const steps = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** The last `columns` of `values`, each as high as it is beside the highest; blank where there is none. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = values.slice(-columns);
  const most = Math.max(...shown, 0);
  const line = shown.map((value) => {
    if (value <= 0 || most === 0) return steps[0];
    return steps[Math.min(7, Math.ceil(value / most * 7))];
  });
  return line.join("").padStart(columns);
}

/** `0`, `0.4`, `12`, `1.2k`, `3.4M`: as many digits as mean something. */
export function brief(n: number): string {
  if (n >= 999_950) return `${trim(n / 1_000_000)}M`;
  if (n >= 10_000) return `${trim(n / 1000)}k`;
  if (n >= 10 || Number.isInteger(n)) return String(Math.round(n));
  return n.toFixed(1);
}

function trim(n: number): string {
  return n < 100 ? n.toFixed(1).replace(/\.0$/, "") : String(Math.round(n));
}
