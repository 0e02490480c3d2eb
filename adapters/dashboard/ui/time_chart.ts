/**
 * Charts over time, rendered on the server as SVG: round numbers on both axes, and gaps where
 * nothing was recorded. The script adds a crosshair that shows the numbers of a moment.
 *
 * @module
 */

import { type Html, html } from "./html.ts";
import { niceTicks, tickLabel, timeTicks } from "./ticks.ts";

/** The colour of a line; a metric has the same one in every chart. */
export type LineColor = "done" | "failed" | "pushed" | "waiting" | "running" | "lost";

/** One line of a chart. */
export interface TimeLine {
  readonly name: string;
  readonly color: LineColor;
  /** A value for each time; null where nothing was recorded. */
  readonly values: readonly (number | null)[];
}

/** A chart. */
export interface TimeChart {
  readonly title: string;
  /** The times, in ms since 1970, at equal distances. */
  readonly times: readonly number[];
  readonly lines: readonly TimeLine[];
  /** The beginning and the end of the axis, in ms since 1970. */
  readonly from: number;
  readonly to: number;
  /** A value as text. */
  text(value: number): string;
}

/** The size in SVG units; the page stretches it. */
const width = 600;
const height = 150;

/** Renders a chart. */
export function timeChart({ title, times, lines, from, to, text }: TimeChart): Html {
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const ticks = niceTicks(Math.max(0, ...known));
  const top = ticks.at(-1)!;
  const span = Math.max(1, to - from);
  const lastOf = ({ values }: TimeLine): string => {
    const last = values.findLast((value) => value !== null);
    return last === undefined || last === null ? "—" : text(last);
  };
  const words = lines.map((line) => `${line.name} ${lastOf(line)}`).join(", ");
  const rows = ticks.map((tick) => y(tick, top).toFixed(1));
  return html`
    <figure class="chart" data-chart="${seriesOf({ title, times, lines, from, to, text })}">
      <figcaption>
        <h2>${title}</h2>
        <ul>${lines.map((line) =>
          html`<li><svg class="line-${line.color}" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" /></svg>${line.name} <b>${
            lastOf(line)
          }</b></li>`
        )}</ul>
      </figcaption>
      <div class="plot">
        <ol class="scale" aria-hidden="true">${ticks.toReversed().map((tick) =>
          html`<li>${text(tick)}</li>`
        )}</ol>
        <div class="area">
          <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img"
            aria-label="${title}, from ${iso(from)} to ${iso(to)}: last ${words}; highest ${text(
              Math.max(0, ...known),
            )}"><path
        class="grid" d="${rows.map((row) => `M0 ${row}H${width}`).join("")}" />${lines.map((line) =>
          curve(line, times, from, span, top)
        )}</svg>
        </div>
      </div>
      <svg class="axis" aria-hidden="true">${timeTicks(from, to).map((at) =>
        html`<text x="${((at - from) / span * 100).toFixed(2)}%" y="12" data-at="${at}">${
          tickLabel(at, span)
        }</text>`
      )}</svg>
    </figure>
  `;
}

function iso(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}

function y(value: number, top: number): number {
  return height - value / top * (height - 2) - 1;
}

/** The line in pieces, one for each stretch without a gap. */
function curve(
  { values, color }: TimeLine,
  times: readonly number[],
  from: number,
  span: number,
  top: number,
): Html {
  const pieces: string[][] = [[]];
  values.forEach((value, i) => {
    if (value === null) return void pieces.push([]);
    const x = (times[i]! - from) / span * width;
    pieces.at(-1)!.push(`${x.toFixed(1)} ${y(value, top).toFixed(1)}`);
  });
  // A single point is drawn as a line of no length, which the round end of the line shows.
  const path = pieces.filter((piece) => piece.length > 0)
    .map((piece) => `M${piece.length === 1 ? `${piece[0]}L${piece[0]}` : piece.join("L")}`).join(
      "",
    );
  return html`<path class="curve line-${color}" d="${path}" />`;
}

/** The numbers for the crosshair of the script. */
function seriesOf({ times, lines, from, to, text }: TimeChart): string {
  return JSON.stringify({
    times,
    from,
    to,
    lines: lines.map(({ name, color, values }) => ({
      name,
      color,
      texts: values.map((value) => value === null ? "" : text(value)),
    })),
  });
}
