/**
 * Output of a command: data to stdout, messages to stderr; tables for people,
 * lines of JSON for programs.
 *
 * @module
 */

import { json as jsonOf, spanOf } from "../../core/console/mod.ts";
import type { Host, Screen } from "./host.ts";
import { type Column, tableLines } from "../terminal/table.ts";
import { hasColor, type Style, styleOf } from "./style.ts";
import { harmless, plain, wrap } from "../terminal/text.ts";

export { type Column, spanOf };

/** Output of a command. */
export interface Output {
  /** True to print JSON. */
  readonly json: boolean;
  /** True to print only ids. */
  readonly quiet: boolean;
  /** True to print all columns. */
  readonly wide: boolean;
  /** True if stdout is a terminal. */
  readonly tty: boolean;
  /** Columns of the terminal, 80 without one. */
  readonly width: number;
  /** Styles; each returns its text unchanged where colours are off. */
  readonly style: Style;
  /** Prints lines for people: nothing with `--json` or `-q`. */
  line(...texts: string[]): void;
  /** Prints a named fact for people, wrapped under itself. */
  fact(name: string, text: string): void;
  /** Prints one value: a line of JSON, its id with `-q`, else the output of `human`. */
  record(value: object, human: () => void): void;
  /** Prints many values: a line of JSON each, their ids (or names) with `-q`, else a table; `empty` if there are none. */
  table<T extends object>(rows: readonly T[], columns: readonly Column<T>[], empty?: string): void;
  /** True if styles colour the text on stdout. */
  readonly colored: boolean;
  /** Prints one line, also with `--json` and `-q`. */
  print(text: string): void;
  /** Prints a message to stderr; nothing with `-q`. */
  note(text: string): void;
  /** Time since `date`, such as `3m`; the date with `--iso`. */
  ago(date: Date): string;
  /** A duration, such as `2h11m`. */
  span(ms: number): string;
}

/** Width of the longest name of a fact. */
const factWidth = 11;

/** Width of a table that goes into a pipe or a file, where `--wide` and COLUMNS set no other. */
const pipedColumns = 120;

function pipedWidth({ env }: Host): number {
  const columns = Number(env["COLUMNS"]);
  return Number.isInteger(columns) && columns >= 40 ? columns : pipedColumns;
}

/** Options of an {@linkcode Output}. */
export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly wide: boolean;
  readonly iso: boolean;
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** Creates the output of a command. */
export function createOutput(
  host: Host,
  options: OutputOptions,
  stdout: Screen = host.stdout,
): Output {
  const { json, quiet, wide, iso } = options;
  const tty = host.stdout.isTTY === true;
  const width = (tty && host.stdout.columns) || 80;
  const tableWidth = tty ? width : wide ? undefined : pipedWidth(host);
  const colored = !json && hasColor(host, host.stdout, options.color);
  const style = styleOf(colored);
  const print = (text: string): void =>
    void stdout.write((colored ? harmless(text) : plain(text)) + "\n");
  const names = (value: object): void => {
    const { id, name } = value as { id?: unknown; name?: unknown };
    const key = id ?? name;
    if (key !== undefined) stdout.write(plain(String(key)) + "\n");
  };
  const out: Output = {
    json,
    quiet,
    wide,
    tty,
    width,
    style,
    colored,
    print,
    line(...texts) {
      if (json || quiet) return;
      for (const text of texts) print(text);
    },
    fact(name, text) {
      const lines = tty ? wrap(text, Math.max(20, width - factWidth - 1)) : [text];
      for (const [i, line] of lines.entries()) {
        out.line(`${style.dim((i === 0 ? name : "").padEnd(factWidth))} ${line}`);
      }
    },
    record(value, human) {
      if (json) stdout.write(jsonOf(value) + "\n");
      else if (quiet) names(value);
      else human();
    },
    table(rows, columns, empty) {
      if (json || quiet) {
        for (const row of rows) out.record(row, () => {});
      } else if (rows.length > 0) {
        const shown = columns.filter((column) => wide || !column.wide)
          .map((column) => tty ? column : { ...column, lines: 1 }); // A row in a pipe is a line.
        const lines = tableLines(rows, shown, style.dim, tableWidth);
        for (const line of lines) print(line);
      } else if (empty !== undefined) {
        out.note(empty);
      }
    },
    note(text) {
      const clean = hasColor(host, host.stderr, options.color) ? harmless : plain;
      if (!quiet) host.stderr.write(clean(text) + "\n");
    },
    ago(date) {
      if (iso || json) return date.toISOString();
      const ms = Date.now() - date.getTime();
      return ms < -999 ? `in ${spanOf(-ms)}` : spanOf(Math.max(0, ms));
    },
    span: spanOf,
  };
  return out;
}
