/**
 * Model of `rl top`: everything that it shows. It touches neither a terminal nor
 * Redis.
 *
 * @module
 */

import type { QueueSnapshot, RateSample } from "../../../core/console/mod.ts";
import type { TaskSummary, WorkerEntry } from "../../../mod.ts";

/** Names of the lists. */
export const panes = ["queues", "running", "dead", "workers"] as const;

/** Name of a list. */
export type Pane = typeof panes[number];

/** A worker, and one of its queues. */
export interface WorkerRow extends WorkerEntry {
  readonly queue: string;
}

/** Result of one refresh. */
export interface Snapshot {
  readonly queues: readonly QueueSnapshot[];
  /** All queues together, poll by poll. */
  readonly history: readonly RateSample[];
  readonly running: readonly TaskSummary[];
  readonly dead: readonly TaskSummary[];
  readonly workers: readonly WorkerRow[];
}

/** An action outside of the model. */
export type Act =
  | { readonly do: "quit" }
  | { readonly do: "explain" | "cancel" | "release"; readonly id: string }
  | { readonly do: "drain"; readonly queue: string; readonly worker: string }
  | { readonly do: "pause" | "resume"; readonly queue: string };

/** A question to answer before an action. */
export interface Question {
  readonly text: string;
  readonly act: Act;
  /** Expected answer: `y`, or in production the name of the queue. */
  readonly word: string;
  readonly typed: string;
}

/** Text shown in place of the lists. */
export interface Sheet {
  readonly title: string;
  readonly lines: readonly string[];
  readonly top: number;
}

/** Everything that `rl top` shows. */
export interface Model {
  /** Redis and prefix, for the title. */
  readonly about: string;
  readonly production: boolean;
  readonly snapshot: Snapshot;
  /** Set after the first refresh. */
  readonly loaded: boolean;
  /** Error of the last refresh; empty if it succeeded. */
  readonly trouble: string;
  readonly pane: Pane;
  /** The list below the queues. */
  readonly below: Exclude<Pane, "queues">;
  /** Chosen row of each list: its key and its last position. */
  readonly chosen: Readonly<Record<Pane, { readonly key: string; readonly at: number }>>;
  readonly filter: string;
  readonly typing: boolean;
  readonly question: Question | null;
  readonly sheet: Sheet | null;
  /** Result of the last action. */
  readonly note: string;
}

/** Creates the model before the first refresh. */
export function emptyModel(about: string, production: boolean): Model {
  const none = { key: "", at: 0 };
  return {
    about,
    production,
    snapshot: { queues: [], history: [], running: [], dead: [], workers: [] },
    loaded: false,
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

/** A row of any list. */
export type Row = QueueSnapshot | TaskSummary | WorkerRow;

/** Rows of a list; of the list in use those that pass the filter. */
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

/** Key that identifies a row across refreshes. */
export function keyOf(row: Row): string {
  return "stats" in row ? row.name : row.id;
}

/** Index of the chosen row of `pane`; if it is gone, of the row in its place. */
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
