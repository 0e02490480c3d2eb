/**
 * Charts, rendered on the server as SVG, so that they need no script; each has a text for
 * screen readers.
 *
 * @module
 */

import { brief, spanOf } from "../../../core/console/format.ts";
import { type Html, html } from "./html.ts";
import type { RateSample } from "../../../core/console/snapshot_poller.ts";

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** The colour; a metric has the same one in every chart. */
  readonly color: "done" | "failed" | "pushed" | "waiting" | "running" | "lost";
  of(sample: RateSample): number;
}

/** Rates of tasks. */
export const throughput: readonly Line[] = [
  { name: "pushed", color: "pushed", of: ({ pushed }) => pushed },
  { name: "done", color: "done", of: ({ done }) => done },
  { name: "failed", color: "failed", of: ({ failed }) => failed },
];

/** Numbers of tasks. */
export const backlog: readonly Line[] = [
  { name: "waiting", color: "waiting", of: ({ waiting }) => waiting },
  { name: "running", color: "running", of: ({ running }) => running },
];

/** The size in SVG units; the page stretches it. */
const width = 600;
const height = 120;
/** The shortest time span of a chart: a minute, even if less is known. */
const leastMs = 60_000;

/** A chart of `lines` with its scale and current values. `unit` follows each number. */
export function chart(
  title: string,
  history: readonly RateSample[],
  lines: readonly Line[],
  unit = "",
): Html {
  const most = Math.max(1, ...lines.flatMap((line) => history.map((sample) => line.of(sample))));
  const last = history.at(-1);
  const now = (line: Line): string => `${brief(last ? line.of(last) : 0)}${unit}`;
  const words = lines.map((line) => `${line.name} ${now(line)}`).join(", ");
  const spanMs = Math.max(leastMs, last ? last.at - history[0]!.at : 0);
  return html`
    <figure class="chart">
      <figcaption>
        <h2>${title}</h2>
        <ul>${lines.map((line) =>
          html`
            <li><svg class="line-${line
              .color}" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" /></svg>${line
              .name} <b>${now(line)}</b></li>
          `
        )}</ul>
      </figcaption>
      <div
        class="plot"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${title}, last ${spanOf(
          spanMs,
        )}: now ${words}; maximum ${brief(most)}${unit}">
        <path class="grid" d="M0 ${height / 2}H${width}M0 1H${width}" />${lines.map((line) =>
          curve(history, line, most, spanMs)
        )}</svg><span class="scale most">${brief(
          most,
        )}${unit}</span><span class="scale half">${brief(most / 2)}${unit}</span></div>
      <div class="axis"><span>${spanOf(spanMs)} ago</span><span>now</span></div>
    </figure>
  `;
}

function curve(history: readonly RateSample[], line: Line, most: number, spanMs: number): Html {
  const end = history.at(-1)?.at ?? 0;
  const points = history.map((sample) => {
    const x = width - (end - sample.at) / spanMs * width;
    return `${x.toFixed(1)} ${(height - line.of(sample) / most * (height - 2)).toFixed(1)}`;
  });
  if (points.length < 2) return html``;
  const path = `M${points.join("L")}`;
  const [from, to] = [points[0]!, points.at(-1)!].map((point) => point.split(" ")[0]!);
  return html`
    <path class="area line-${line.color}"
      d="${path}L${to} ${height}L${from} ${height}Z" />
    <path class="curve line-${line.color}" d="${path}" />
  `;
}

/** A small chart beside a number; hidden from screen readers, which read the number. */
export function spark(values: readonly number[], color: Line["color"]): Html {
  const shown = values.slice(-60);
  if (shown.length < 2) return html`<svg class="spark" aria-hidden="true"></svg>`;
  const most = Math.max(...shown, 1e-9);
  const step = 100 / (shown.length - 1);
  const points = shown.map((value, i) =>
    `${(i * step).toFixed(1)} ${(22 - value / most * 20).toFixed(1)}`
  );
  return html`
    <svg class="spark line-${color}" viewBox="0 0 100 24" preserveAspectRatio="none"
      aria-hidden="true">
      <path class="area" d="M${points.join("L")}L100 24L0 24Z" />
      <path class="curve" d="M${points.join("L")}" />
    </svg>
  `;
}

/** A bar that shows how much of a capacity is used. */
export function gauge(used: number, of: number, label: string): Html {
  const part = of > 0 ? Math.min(1, used / of) : 0;
  return html`
    <svg class="gauge" viewBox="0 0 100 8" preserveAspectRatio="none" role="img"
      aria-label="${label}">
      <rect class="track" width="100" height="8" rx="2" />
      <rect class="fill" width="${(part * 100).toFixed(1)}" height="8" rx="2" />
    </svg>
  `;
}
