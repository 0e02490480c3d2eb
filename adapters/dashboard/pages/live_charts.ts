/**
 * The charts of the system or a queue over the last minutes, from the samples of this process.
 *
 * @module
 */

import { brief } from "../../../core/console/format.ts";
import type { RateSample } from "../../../core/console/snapshot_poller.ts";
import { type Html, html } from "../ui/html.ts";
import { type LineColor, timeChart, type TimeLine } from "../ui/time_chart.ts";

/** A number of tasks on a scale, or their rate. */
export function short(value: number): string {
  return brief(value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
}

/** The length of the charts in ms. */
export const liveMs = 300_000;
/** Two samples that are further apart than this have a gap between them. */
const gapMs = 15_000;

/** The charts. */
export function liveCharts(samples: readonly RateSample[], now: number): Html {
  // A sample without values, in the middle of each gap.
  const all = samples.flatMap((sample, i): { at: number; sample?: RateSample }[] => {
    const before = samples[i - 1]?.at ?? sample.at;
    const own = { at: sample.at, sample };
    return sample.at - before > gapMs ? [{ at: (before + sample.at) / 2 }, own] : [own];
  });
  const times = all.map(({ at }) => at);
  const end = Math.max(now, times.at(-1) ?? 0);
  const line = (key: Exclude<LineColor, "lost">): TimeLine => ({
    name: key,
    color: key,
    values: all.map(({ sample }) => sample?.[key] ?? null),
  });
  const axis = { times, from: end - liveMs, to: end, text: short };
  return html`${
    timeChart({
      ...axis,
      title: "Tasks per second",
      lines: [line("pushed"), line("done"), line("failed")],
    })
  }${timeChart({ ...axis, title: "Backlog", lines: [line("waiting"), line("running")] })}`;
}
