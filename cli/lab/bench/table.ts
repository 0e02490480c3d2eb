/**
 * The table of results, for people and in Markdown.
 *
 * @module
 */

import type { Column } from "../../terminal/table.ts";
import { digits, type Result } from "./result.ts";

/** The columns of `results`: a contestant that no result has is left out. */
export function columnsOf(results: readonly Result[]): Column<Result>[] {
  const right = { align: "right" } as const;
  const others = new Set(
    results.flatMap(({ peers, ratio }) => [...Object.keys(peers), ...Object.keys(ratio)]),
  );
  others.delete("floor");
  const hasFloor = results.some(({ floor }) => floor !== undefined);
  return [
    { title: "BENCHMARK", of: ({ name }) => name, flex: true },
    { title: "RELIER", of: ({ value }) => digits(value), ...right },
    { title: "UNIT", of: ({ unit }) => unit },
    {
      title: "SPREAD",
      of: ({ spread: [min, max] }) => `${digits(min)} – ${digits(max)}`,
      ...right,
      wide: true,
    },
    ...["floor", ...others].filter((each) => each !== "floor" || hasFloor).map((other) => ({
      title: other.toUpperCase(),
      of: (result: Result) => cellOf(result, other),
      ...right,
    })),
    ...results.some(({ budget }) => budget) ? [{ title: "BUDGET", of: budgetOf }] : [],
  ];
}

/** The value of another contestant, and the ratio of Relier to it in parentheses. */
function cellOf({ floor, peers, ratio }: Result, other: string): string {
  const value = digits(other === "floor" ? floor : peers[other]);
  const share = ratio[other] === undefined ? "" : `(${ratio[other].toFixed(2)})`;
  return `${value} ${share}`.trim();
}

/** The bounds of a result, and if they hold. */
function budgetOf({ budget = {}, ok }: Result): string {
  const bounds = Object.entries(budget).map(([of, bound]) => `${of} ${bound}`).join(", ");
  return ok === undefined ? bounds : `${bounds} ${ok ? "✓" : "✗"}`;
}

/** The lines of a Markdown table. */
export function markdownLines(
  results: readonly Result[],
  columns: readonly Column<Result>[],
): string[] {
  const row = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
  return [
    row(columns.map(({ title }) => title.toLowerCase())),
    row(columns.map(({ align }) => align === "right" ? "--:" : "---")),
    ...results.map((result) => row(columns.map(({ of }) => of(result)))),
  ];
}
