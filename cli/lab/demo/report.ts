/**
 * The report of a demo: a line for people, figures for programs.
 *
 * @module
 */

import type { FileFindings } from "./file_audit.ts";
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

/** Prints the findings of the audit and the figures of the run. */
export function printFigures(screen: Screen, figures: Figures, findings: FileFindings): void {
  const { dead, resurrections, fenced, recoveryMs: { p50, max } } = figures;
  const counted: Piece[] = [
    [`${resurrections} resurrected`],
    [` (p50 ${p50} ms, max ${max} ms)`, "dim"],
    [` · ${fenced} fenced · ${dead} dead`],
  ];
  const judged = verdictOf(findings);
  const width = [...judged, ...counted].reduce((sum, [text]) => sum + text.length, 3);
  screen.line();
  if (width <= screen.columns) return screen.line(...judged, [" · "], ...counted);
  screen.line(...judged);
  screen.line(["    "], ...counted);
}

/** The findings of the audit as one line. */
export function verdictOf({ files, results, lost, doubled }: FileFindings): Piece[] {
  const colored = (n: number, what: string): Piece => [` · ${n} ${what}`, n > 0 ? "red" : "green"];
  const ok = lost.length + doubled.length === 0;
  return [
    ["  "],
    [ok ? "✓" : "✖", ok ? "green" : "red"],
    [` ${files} files · ${results} results`],
    colored(lost.length, "lost"),
    colored(doubled.length, "duplicate effects"),
  ];
}

const maxFlaws = 10;

/** Prints the flaws, at most ten of each kind. */
export function printFlaws(
  screen: Screen,
  flaws: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [kind, list] of Object.entries(flaws)) {
    for (const flaw of list.slice(0, maxFlaws)) screen.say("wrong", `${kind}: ${flaw}`);
    if (list.length > maxFlaws) screen.say("wrong", `${kind}: and ${list.length - maxFlaws} more`);
  }
}
