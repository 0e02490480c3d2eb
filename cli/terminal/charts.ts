/**
 * Charts that fit into a line.
 *
 * @module
 */

/** Draws a bar: `██████░░` for 75. */
export function bar(percent: number, columns: number): string {
  const full = Math.round(Math.min(100, Math.max(0, percent)) / 100 * columns);
  return "█".repeat(full) + "░".repeat(columns - full);
}

const steps = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A sparkline of the last `columns` values, scaled to the highest; blank on the left if there are fewer. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = values.slice(-columns);
  const most = Math.max(...shown, 0);
  const line = shown.map((value) => {
    if (value <= 0 || most === 0) return steps[0];
    return steps[Math.min(7, Math.ceil(value / most * 7))];
  });
  return line.join("").padStart(columns);
}
