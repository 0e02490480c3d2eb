/**
 * How something was lately, as a picture: drawn on the server, so that it needs
 * no script, and told in words to whoever cannot see it.
 *
 * @module
 */

import { brief, spanOf } from "../../../core/console/format.ts";
import { type Html, html } from "./html.ts";
import type { Sample } from "../live/snapshot.ts";

/** One line of a chart. */
export interface Line {
  readonly name: string;
  /** Which of the colours; the same thing has the same everywhere. */
  readonly color: "done" | "failed" | "pushed" | "waiting" | "running" | "lost";
  of(sample: Sample): number;
}

/** How fast tasks go. */
export const throughput: readonly Line[] = [
  { name: "pushed", color: "pushed", of: ({ pushed }) => pushed },
  { name: "done", color: "done", of: ({ done }) => done },
  { name: "failed", color: "failed", of: ({ failed }) => failed },
];

/** How many tasks there are. */
export const backlog: readonly Line[] = [
  { name: "waiting", color: "waiting", of: ({ waiting }) => waiting },
  { name: "running", color: "running", of: ({ running }) => running },
];

/** Units of a picture; it is stretched to the room there is. */
const width = 600;
const height = 120;
/** How much time a chart shows: as much as is known, but no less than a minute. */
const leastMs = 60_000;

/** A chart of `lines`, with its scale and what is now. `unit` follows each number. */
export function chart(
  title: string,
  history: readonly Sample[],
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
            <li
              class="line-${line
                .color}"><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" /></svg>${line
                .name} <b>${now(line)}</b></li>
          `
        )}</ul>
      </figcaption>
      <div
        class="plot"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${title}, the last ${spanOf(
          spanMs,
        )}: now ${words}; at most ${brief(most)}${unit}">
        <path class="grid" d="M0 ${height / 2}H${width}M0 1H${width}" />${lines.map((line) =>
          curve(history, line, most, spanMs)
        )}</svg><span class="scale most">${brief(
          most,
        )}${unit}</span><span class="scale half">${brief(most / 2)}${unit}</span></div>
      <div class="axis"><span>${spanOf(spanMs)} ago</span><span>now</span></div>
    </figure>
  `;
}

function curve(history: readonly Sample[], line: Line, most: number, spanMs: number): Html {
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

/** A small picture that stands beside its number, which says it all. */
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

/** How much of something is taken. */
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
