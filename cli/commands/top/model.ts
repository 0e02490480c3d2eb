/**
 * What `rl top` knows and shows, and what a key does to it. Nothing here
 * touches a terminal or Redis.
 *
 * @module
 */

import type { QueueSnapshot, RateSample } from "../../../core/console/mod.ts";
import type { TaskSummary, WorkerEntry } from "../../../mod.ts";

/** The lists there are. */
export const panes = ["queues", "running", "dead", "workers"] as const;

/** One of them. */
export type Pane = typeof panes[number];

/** A worker, and one of the queues it works on. */
export interface WorkerRow extends WorkerEntry {
  readonly queue: string;
}

/** What was seen at a look. */
export interface Snapshot {
  readonly queues: readonly QueueSnapshot[];
  /** All queues together, poll by poll. */
  readonly history: readonly RateSample[];
  readonly running: readonly TaskSummary[];
  readonly dead: readonly TaskSummary[];
  readonly workers: readonly WorkerRow[];
}

/** Something to do outside of the model. */
export type Act =
  | { readonly do: "quit" }
  | { readonly do: "explain" | "cancel" | "release"; readonly id: string }
  | { readonly do: "drain"; readonly queue: string; readonly worker: string }
  | { readonly do: "pause" | "resume"; readonly queue: string };

/** A question that is answered before an act. */
export interface Question {
  readonly text: string;
  readonly act: Act;
  /** What has to be typed: `y`, or in production the name of the queue. */
  readonly word: string;
  readonly typed: string;
}

/** What is shown in place of the lists. */
export interface Sheet {
  readonly title: string;
  readonly lines: readonly string[];
  readonly top: number;
}

/** Everything that is shown. */
export interface Model {
  /** Redis and prefix, for the title. */
  readonly about: string;
  readonly production: boolean;
  readonly snapshot: Snapshot;
  /** Whether anything was seen yet. */
  readonly looked: boolean;
  /** Why the last look failed. */
  readonly trouble: string;
  readonly pane: Pane;
  /** The list below the queues. */
  readonly below: Exclude<Pane, "queues">;
  /** The row that is chosen in each list, by its key; and where it was. */
  readonly chosen: Readonly<Record<Pane, { readonly key: string; readonly at: number }>>;
  readonly filter: string;
  readonly typing: boolean;
  readonly question: Question | null;
  readonly sheet: Sheet | null;
  /** What the last act came to. */
  readonly note: string;
}

/** The model before the first look. */
export function emptyModel(about: string, production: boolean): Model {
  const none = { key: "", at: 0 };
  return {
    about,
    production,
    snapshot: { queues: [], history: [], running: [], dead: [], workers: [] },
    looked: false,
    trouble: "",
    pane: "running",
    below: "running",
    chosen: { queues: none, running: none, dead: none, workers: none },
    filter: "",
    typing: false,
    question: null,
    sheet: null,
    note: "",
  };
}

/** A row of any list: what it is called, and what a filter looks at. */
export type Row = QueueSnapshot | TaskSummary | WorkerRow;

/** The rows of a list; of the one in use those that pass the filter. */
export function rowsOf(model: Model, pane: "queues"): readonly QueueSnapshot[];
export function rowsOf(model: Model, pane: "running" | "dead"): readonly TaskSummary[];
export function rowsOf(model: Model, pane: "workers"): readonly WorkerRow[];
export function rowsOf(model: Model, pane: Pane): readonly Row[];
export function rowsOf(model: Model, pane: Pane): readonly Row[] {
  const rows: readonly Row[] = model.snapshot[pane];
  const wanted = model.filter.toLowerCase();
  if (wanted === "" || pane !== model.pane) return rows;
  return rows.filter((row) => textOf(row).toLowerCase().includes(wanted));
}

function textOf(row: Row): string {
  if ("stats" in row) return row.name;
  if ("info" in row) return `${row.id} ${row.info.name ?? ""} ${row.queue}`;
  const { id, name, queue, worker, error, reason } = row;
  return [id, name, queue, worker, error?.name, error?.message, reason].join(" ");
}

/** What tells a row from all others, look after look. */
export function keyOf(row: Row): string {
  return "stats" in row ? row.name : row.id;
}

/** Where the chosen row of `pane` is now; if it has gone, what took its place. */
export function indexOf(model: Model, pane: Pane): number {
  const rows = rowsOf(model, pane);
  const { key, at } = model.chosen[pane];
  const found = rows.findIndex((row) => keyOf(row) === key);
  return found >= 0 ? found : Math.max(0, Math.min(at, rows.length - 1));
}

/** Completed tasks a second, for a sparkline. */
export function doneOf(history: readonly RateSample[]): number[] {
  return history.map(({ done }) => done);
}
