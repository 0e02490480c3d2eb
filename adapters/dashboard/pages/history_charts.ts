/**
 * The charts of the system, a queue or a task over a time that the user picks.
 *
 * @module
 */

import { spanOf } from "../../../core/console/format.ts";
import {
  type History,
  type HistoryCounts,
  type HistoryRange,
  historyRanges,
} from "../../../core/console/history.ts";
import type { RateSample } from "../../../core/console/snapshot_poller.ts";
import { type Html, html, type Part, part } from "../ui/html.ts";
import { type LineColor, timeChart, type TimeLine } from "../ui/time_chart.ts";
import { liveCharts, liveMs, short } from "./live_charts.ts";
import type { RequestContext } from "../page.ts";

/** A time that a user can pick: `live` shows the samples of this process. */
export type Range = "live" | HistoryRange;

const lengths: Readonly<Record<Range, number>> = {
  "live": liveMs,
  "15m": 900_000,
  "1h": 3_600_000,
  "6h": 21_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
  "30d": 2_592_000_000,
};

/** The range of a query; an hour by default. */
export function rangeOf(query: URLSearchParams, first: Range = "1h"): Range {
  const asked = query.get("range") ?? "";
  return Object.hasOwn(lengths, asked) ? asked as Range : first;
}

/** Links to the ranges. */
export function rangePicker(ask: RequestContext, ranges: readonly Range[], current: Range): Html {
  const path = ask.location.split("?")[0] || "./";
  return html`<ul class="ranges" aria-label="Time range">${
    ranges.map((range) => {
      const query = new URLSearchParams(ask.query);
      query.set("range", range);
      return html`<li><a href="${path}?${query.toString()}"${
        range === current && html`
          aria-current="true"
        `
      }>${range}</a></li>`;
    })
  }</ul>`;
}

/** The subject of a chart; everything if neither is given. */
interface Subject {
  readonly queue?: string;
  readonly name?: string;
}

/** The charts of a subject; `live` are its samples of the last minutes, if there are any. */
export async function historyCharts(
  ask: RequestContext,
  subject: Subject,
  live?: readonly RateSample[],
): Promise<Part> {
  const ranges: Range[] = [...live ? ["live" as const] : [], ...historyRanges];
  const asked = rangeOf(ask.query);
  const range = ranges.includes(asked) ? asked : "1h";
  const found = range === "live" ? undefined : await ask.history({ ...subject, range });
  const charts = found === undefined
    ? liveCharts(live ?? [], ask.now)
    : found.recorded
    ? recordedCharts(found, range, ask.now)
    : live
    ? html`${liveCharts(live, ask.now)}<p class="dim">No history yet: workers record it every
      minute. These are the samples of the last minutes.</p>`
    : html`<p class="empty">No history yet: workers record it every minute.</p>`;
  return part(
    "charts",
    html`
      <div class="headline"><h2>History</h2>${rangePicker(ask, ranges, range)}</div>
      <div class="pair">${charts}</div>
    `,
  );
}

function recordedCharts(found: History, range: Range, now: number): Html {
  const { points, stepMs } = found;
  const unitMs = stepMs >= 3_600_000 ? 3_600_000 : 60_000;
  const times = points.map(({ at }) => at);
  const end = Math.max(now, times.at(-1) ?? 0);
  const values = (of: (counts: HistoryCounts, ms: number) => number | null) =>
    points.map((point) => {
      if ("gap" in point) return null;
      const ms = Math.min(stepMs, end - point.at);
      // Too little of the open step has passed for its rate.
      return ms < stepMs / 5 ? null : of(point, ms);
    });
  const rate = (key: "pushed" | "done" | "failed"): TimeLine => ({
    name: key,
    color: key,
    values: values((counts, ms) => counts[key] / ms * unitMs),
  });
  const time = (name: string, color: LineColor, of: (counts: HistoryCounts) => number | null) => ({
    name,
    color,
    values: values(of),
  });
  const axis = { times, from: end - lengths[range], to: end };
  return html`${
    timeChart({
      ...axis,
      title: unitMs === 60_000 ? "Tasks per minute" : "Tasks per hour",
      lines: [rate("pushed"), rate("done"), rate("failed")],
      text: short,
    })
  }${
    timeChart({
      ...axis,
      title: "Time of tasks",
      lines: [
        time("run p50", "pushed", ({ run }) => run.p50),
        time("run p95", "running", ({ run }) => run.p95),
        time("wait p95", "lost", ({ wait }) => wait.p95),
      ],
      text: spanOf,
    })
  }`;
}
