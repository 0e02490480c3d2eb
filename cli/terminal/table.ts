/**
 * A table for people: columns aligned, and never wider than the terminal.
 *
 * @module
 */

import { cut, harmless, oneLine, pad, widthOf, wrap } from "./text.ts";

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
  /** Least width of the terminal, in columns, that leaves room for it. */
  readonly from?: number;
  /** Most lines of a cell that is too long, if the column is the last: the others begin under it. */
  readonly lines?: number;
}

/** Least width of a cut column. */
const minWidth = 8;

/** Lines of a table, none wider than `width`. */
export function tableLines<T>(
  rows: readonly T[],
  all: readonly Column<T>[],
  heading: (text: string) => string,
  width?: number,
): string[] {
  const columns = all.filter(({ from = 0 }) => width === undefined || width >= from);
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
  const linesOf = (row: readonly string[]): string[] => {
    const { lines = 1 } = columns.at(-1)!;
    const before = row.slice(0, -1);
    const parts = lines > 1 ? wrap(row.at(-1)!, widths.at(-1)!) : [row.at(-1)!];
    const shown = [...parts.slice(0, lines - 1), parts.slice(lines - 1).join(" ")];
    return shown.filter((part, i) => i === 0 || part !== "")
      .map((part, i) => lineOf([...i === 0 ? before : before.map(() => ""), part]));
  };
  return [heading(lineOf(columns.map(({ title }) => title))), ...cells.flatMap(linesOf)];
}
