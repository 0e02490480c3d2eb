/**
 * Rows under a header, aligned.
 *
 * @module
 */

import { cut, harmless, oneLine, pad, widthOf } from "./text.ts";

/** A column of a table. */
export interface Column<T> {
  /** What stands above it. */
  readonly title: string;
  /** The text of a row; it may be styled. */
  readonly of: (row: T) => string;
  /** Numbers are read from the right. */
  readonly align?: "right";
  /** The column that is cut where the terminal is too narrow. */
  readonly flex?: true;
  /** Shown with `--wide` only. */
  readonly wide?: true;
}

/** The narrowest a column is cut to. */
const narrowest = 8;

/** The lines of a table; with `width`, none is longer. */
export function tableLines<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  heading: (text: string) => string,
  width?: number,
): string[] {
  const cells = rows.map((row) => columns.map((column) => oneLine(harmless(column.of(row)))));
  const widths = columns.map(({ title }, i) =>
    cells.reduce((widest, row) => Math.max(widest, widthOf(row[i]!)), widthOf(title))
  );
  const flex = columns.findIndex((column) => column.flex);
  if (width !== undefined && flex >= 0) {
    const others = widths.reduce((sum, each, i) => i === flex ? sum : sum + each + 2, 0);
    widths[flex] = Math.min(widths[flex]!, Math.max(narrowest, width - others));
  }
  const lineOf = (row: readonly string[]): string => {
    const line = row.map((cell, i) => pad(cut(cell, widths[i]!), widths[i]!, columns[i]!.align))
      .join("  ").trimEnd();
    return width === undefined ? line : cut(line, width);
  };
  return [heading(lineOf(columns.map(({ title }) => title))), ...cells.map(lineOf)];
}
