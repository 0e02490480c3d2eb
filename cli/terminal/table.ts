/**
 * Renders tables: aligned rows under a header.
 *
 * @module
 */

import { cut, harmless, oneLine, pad, widthOf } from "./text.ts";

/** A column of a table. */
export interface Column<T> {
  /** Header. */
  readonly title: string;
  /** Text of a cell; it may be styled. */
  readonly of: (row: T) => string;
  /** Numbers are aligned right. */
  readonly align?: "right";
  /** The column to cut if the terminal is too narrow. */
  readonly flex?: true;
  /** Only with `--wide`. */
  readonly wide?: true;
}

/** Least width of a cut column. */
const minWidth = 8;

/** Lines of a table, none wider than `width`. */
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
    widths[flex] = Math.min(widths[flex]!, Math.max(minWidth, width - others));
  }
  const lineOf = (row: readonly string[]): string => {
    const line = row.map((cell, i) => pad(cut(cell, widths[i]!), widths[i]!, columns[i]!.align))
      .join("  ").trimEnd();
    return width === undefined ? line : cut(line, width);
  };
  return [heading(lineOf(columns.map(({ title }) => title))), ...cells.map(lineOf)];
}
