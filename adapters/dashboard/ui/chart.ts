/**
 * Small charts and bars beside numbers, rendered on the server as SVG.
 *
 * @module
 */

import { type Html, html } from "./html.ts";
import type { LineColor } from "./time_chart.ts";

/** A small chart beside a number; hidden from screen readers, which read the number. */
export function spark(values: readonly number[], color: LineColor): Html {
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
