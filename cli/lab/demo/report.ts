/**
 * What a run came to: a line for people, a line for programs, and where to look.
 *
 * @module
 */

import type { Findings } from "./audit.ts";
import type { Piece, Screen } from "../../terminal/live_screen.ts";

/** The figures of a run. */
export interface Figures {
  readonly pushed: number;
  readonly completed: number;
  readonly dead: number;
  readonly lost: number;
  readonly duplicateEffects: number;
  readonly resurrections: number;
  readonly fenced: number;
  readonly recoveryMs: { readonly p50: number; readonly max: number };
}

/** The middle and the largest of `values`. */
export function spread(values: readonly number[]): { p50: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { p50: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** Says what the audit found and what the run counted. */
export function tellFigures(screen: Screen, figures: Figures, findings: Findings): void {
  const { dead, resurrections, fenced, recoveryMs: { p50, max } } = figures;
  const counted: Piece[] = [
    [`${resurrections} resurrected`],
    [` (p50 ${p50} ms, max ${max} ms)`, "dim"],
    [` · ${fenced} fenced · ${dead} dead`],
  ];
  const judged = verdict(findings);
  const width = [...judged, ...counted].reduce((sum, [text]) => sum + text.length, 3);
  screen.line();
  if (width <= screen.columns) return screen.line(...judged, [" · "], ...counted);
  screen.line(...judged);
  screen.line(["    "], ...counted);
}

/** Says what the audit found. */
export function verdict({ files, results, lost, doubled }: Findings): Piece[] {
  const judged = (n: number, what: string): Piece => [` · ${n} ${what}`, n > 0 ? "red" : "green"];
  return [
    ["  "],
    [
      lost.length + doubled.length > 0 ? "✖" : "✓",
      lost.length + doubled.length > 0 ? "red" : "green",
    ],
    [` ${files} files · ${results} results`],
    judged(lost.length, "lost"),
    judged(doubled.length, "duplicate effects"),
  ];
}

const most = 10;

/** Says what is wrong, at most ten of each kind. */
export function tellFlaws(
  screen: Screen,
  flaws: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [kind, list] of Object.entries(flaws)) {
    for (const flaw of list.slice(0, most)) screen.say("wrong", `${kind}: ${flaw}`);
    if (list.length > most) screen.say("wrong", `${kind}: and ${list.length - most} more`);
  }
}
