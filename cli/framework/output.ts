/**
 * What a command says: data to stdout, talk to stderr; tables for people,
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

/** What a command says. */
export interface Output {
  /** Whether programs read it. */
  readonly json: boolean;
  /** Whether only ids are wanted. */
  readonly quiet: boolean;
  /** Whether everything is wanted. */
  readonly wide: boolean;
  /** Whether stdout is a terminal. */
  readonly tty: boolean;
  /** The columns of the terminal, 80 where there is none. */
  readonly width: number;
  /** Styles; each gives the text back as it is where there is no colour. */
  readonly style: Style;
  /** Data for people: nothing with `--json` or `-q`. */
  line(...texts: string[]): void;
  /** A fact by its name, for people: what is wider than the terminal goes on below itself. */
  fact(name: string, text: string): void;
  /** One value: a line of JSON, its id with `-q`, else what `human` prints. */
  record(value: object, human: () => void): void;
  /** Many: a line of JSON each, their ids (or names) with `-q`, else a table; `empty` is said if none. */
  table<T extends object>(rows: readonly T[], columns: readonly Column<T>[], empty?: string): void;
  /** Talk: to stderr, hidden with `-q`. */
  note(text: string): void;
  /** How long ago, such as `3m`, or when with `--iso`. */
  ago(date: Date): string;
  /** How long, such as `2h11m`. */
  span(ms: number): string;
}

/** Wide enough for the longest name of a fact. */
const factWidth = 9;

/** What an {@linkcode Output} is like. */
export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly wide: boolean;
  readonly iso: boolean;
  /** Off if `--no-color` was given. */
  readonly color: boolean;
}

/** Makes the output of a command. */
export function createOutput(
  host: Host,
  manner: OutputOptions,
  stdout: Screen = host.stdout,
): Output {
  const { json, quiet, wide, iso } = manner;
  const tty = host.stdout.isTTY === true;
  const width = (tty && host.stdout.columns) || 80;
  const colored = !json && hasColor(host, host.stdout, manner.color);
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
        const shown = columns.filter((column) => wide || !column.wide);
        const lines = tableLines(rows, shown, style.dim, tty ? width : undefined);
        for (const line of lines) print(line);
      } else if (empty !== undefined) {
        out.note(empty);
      }
    },
    note(text) {
      const clean = hasColor(host, host.stderr, manner.color) ? harmless : plain;
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
