/**
 * Tables: rows that never wrap, headers that sort, and cards on a small screen.
 *
 * @module
 */

import { type Html, html, type Value } from "./html.ts";

/** A column of a table. */
export interface Column<T> {
  /** Empty for columns of buttons or badges. */
  readonly title: string;
  /** The content of the header, in place of the title. */
  readonly head?: Html;
  /** Aligned to the right. */
  readonly number?: true;
  /** Hidden on a screen of medium width. */
  readonly wide?: true;
  /** Takes the width that is left, and cuts what is longer. Once in a table, at most. */
  readonly rest?: true;
  /** The value to sort by; with it the header is a link. */
  sort?(row: T): number | string;
  of(row: T): Value;
}

/** The options of a table. */
export interface TableOptions<T> {
  /** A unique key of a row. */
  keyOf(row: T): string;
  /** The name of the table for screen readers. */
  readonly label: string;
  /** The text in place of a table without rows. */
  readonly empty: Value;
  /** The page of the table; with it, headers sort. */
  readonly ask?: Location;
  /** The state of a row, for the style and the bulk bar. */
  stateOf?(row: T): string;
  /** True if rows keep their places while a page is open, unless a user has sorted them. */
  readonly steady?: boolean;
}

/** The part of a request that sorting needs. */
interface Location {
  readonly query: URLSearchParams;
  readonly location: string;
}

/** A table, or the text `empty` if it has no rows. */
export function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { keyOf, label, empty, ask, stateOf, steady = false }: TableOptions<T>,
): Html {
  if (rows.length === 0) return html`<div class="empty">${empty}</div>`;
  const by = ask && sortOf(ask.query);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table>
        <thead>
          <tr>${columns.map((column) => header(column, ask, by))}</tr>
        </thead>
        <tbody${steady && !by && html`
          data-steady="rows"
        `}>${sorted(rows, columns, by).map((row) =>
          html`
            <tr data-key="${keyOf(row)}" ${stateOf && html`
              data-state="${stateOf(row)}"
            `}>${columns.map((column) =>
              html`<td class="${kindOf(column)}" data-label="${column.title}">${
                column.of(row)
              }</td>`
            )}</tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}

function kindOf<T>({ number, wide, rest }: Column<T>): string {
  return [number && "number", wide && "wide", rest && "rest"].filter(Boolean).join(" ");
}

function header<T>(column: Column<T>, ask: Location | undefined, by: Sort | undefined): Html {
  const { title, head, sort } = column;
  if (title === "") return html`<td>${head}</td>`;
  const kind = kindOf(column);
  if (!ask || !sort) return html`<th scope="col" class="${kind}">${head ?? title}</th>`;
  const current = by?.title === title;
  const direction = !current ? "none" : by.down ? "descending" : "ascending";
  const href = sortHref(ask, title, current ? !by.down : column.number === true);
  return html`
    <th scope="col" class="${kind}"
      aria-sort="${direction}"><a href="${href}">${title}</a></th>
  `;
}

/** The column that a page is sorted by. */
interface Sort {
  readonly title: string;
  readonly down: boolean;
}

function sortOf(query: URLSearchParams): Sort | undefined {
  const text = query.get("sort") ?? "";
  return text === "" ? undefined : { title: text.replace(/^-/, ""), down: text.startsWith("-") };
}

function sortHref({ query, location }: Location, title: string, down: boolean): string {
  const next = new URLSearchParams(query);
  next.set("sort", `${down ? "-" : ""}${title}`);
  return `${location.split("?")[0] || "./"}?${next}`;
}

function sorted<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  by: Sort | undefined,
): readonly T[] {
  const value = columns.find(({ title, sort }) => sort && title === by?.title)?.sort;
  if (!by || !value) return rows;
  const sign = by.down ? -1 : 1;
  return rows.map((row) => ({ row, key: value(row) }))
    .sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}
