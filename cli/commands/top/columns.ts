/**
 * The lists of `rl top` as tables.
 *
 * @module
 */

import { brief, count, deathCause, isAlive, loopLag, shortId } from "../../../core/console/mod.ts";
import { bar, sparkline } from "../../terminal/charts.ts";
import { type Column, spanOf } from "../../framework/output.ts";
import type { Style } from "../../framework/style.ts";
import { flagsOf } from "../queues/columns.ts";
import { signOf } from "../tasks/state_label.ts";
import { cut } from "../../terminal/text.ts";
import { doneOf, type Model, type Pane, type Row } from "./model.ts";

/** Size, style and time of a frame. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly style: Style;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Frame of a list, with the names of workers. */
interface Setting extends Frame {
  /** Names of workers, by their ids. */
  readonly names: ReadonlyMap<string, string>;
}

/** The columns of the list `pane`. */
export function columnsOf(pane: Pane, { snapshot }: Model, frame: Frame): Column<Row>[] {
  const names = new Map(snapshot.workers.map(({ id, info }) => [id, info.name ?? id]));
  return makeColumns[pane]({ ...frame, names }) as Column<Row>[];
}

const makeColumns = {
  queues: ({ style, columns }: Setting): Column<Of<"queues">>[] => [
    { title: "QUEUE", flex: true, of: ({ name }) => name },
    { title: "READY", align: "right", of: ({ stats }) => count(stats.counts.ready) },
    { title: "RUN", align: "right", of: ({ stats }) => count(stats.counts.running) },
    { title: "SCHED", align: "right", of: ({ stats }) => count(stats.counts.scheduled) },
    { title: "DEAD", align: "right", of: ({ stats }) => red(stats.counts.dead, style) },
    {
      title: "OLDEST",
      align: "right",
      of: ({ stats }) => stats.counts.ready > 0 ? spanOf(stats.oldestMs) : "—",
    },
    { title: "RATE", align: "right", of: ({ pace }) => pace ? `${brief(pace.done)}/s` : "—" },
    {
      title: "",
      of: ({ history }) => style.green(sparkline(doneOf(history), columns < 100 ? 12 : 30)),
    },
    { title: "", of: (row) => style.yellow(flagsOf(row).join(" · ")) },
  ],
  running: ({ style, now, columns, names }: Setting): Column<Of<"running">>[] => [
    { title: "TASK", of: ({ id }) => shortId(id) },
    { title: "NAME", flex: true, of: ({ name }) => name },
    { title: columns < 100 ? "" : "STATE", of: (task) => mark(task, style, columns) },
    { title: "QUEUE", of: ({ queue }) => cut(queue, 12) },
    {
      title: "WORKER",
      of: ({ worker }) => cut(names.get(worker ?? "") ?? worker ?? "—", columns < 100 ? 9 : 23),
    },
    { title: "TRY", align: "right", of: ({ attempt }) => String(attempt) },
    { title: "RUN", align: "right", of: ({ since }) => since ? sinceOf(since, now) : "" },
    { title: "PROGRESS", of: ({ progress }) => progressBar(progress, columns) },
  ],
  dead: ({ style, now, columns }: Setting): Column<Of<"dead">>[] => [
    { title: "TASK", of: ({ id }) => shortId(id) },
    { title: "NAME", of: ({ name }) => cut(name, columns < 100 ? 14 : 30) },
    { title: "QUEUE", of: ({ queue }) => cut(queue, 12) },
    { title: "DIED", align: "right", of: ({ at }) => at ? sinceOf(at, now) : "" },
    { title: "WHY", of: (task) => cut(deathCause(task), columns < 100 ? 19 : 40) },
    {
      title: "ERROR",
      flex: true,
      of: ({ error }) => error ? style.red(`${error.name}: ${error.message}`) : "",
    },
  ],
  workers: ({ style, now, columns }: Setting): Column<Of<"workers">>[] => [
    { title: "WORKER", flex: true, of: ({ id, info }) => info.name ?? id },
    {
      title: "STATE",
      of: (worker) =>
        isAlive(worker, now) ? worker.command ?? worker.info.state : style.red("lost"),
    },
    {
      title: "SLOTS",
      of: ({ running, info }) =>
        `${bar(100 * running / Math.max(1, info.concurrency), 8)} ${running}/${info.concurrency}`,
    },
    { title: "BEAT", align: "right", of: ({ lastBeat }) => sinceOf(lastBeat, now) },
    { title: "LAG", align: "right", of: (worker) => spanOf(loopLag(worker)) },
    { title: "RSS", align: "right", of: ({ info }) => `${info.rssMb}M` },
    { title: "LEAK", align: "right", of: ({ info }) => red(info.leaked, style) },
    {
      title: "HOST",
      of: ({ info }) => cut(`${info.process}@${info.host}`, columns < 100 ? 14 : 30),
    },
    ...(columns < 100
      ? []
      : [{ title: "QUEUES", of: ({ info }: Of<"workers">) => info.queues.join(",") }]),
  ],
} as const;

type Of<P extends Pane> = Model["snapshot"][P][number];

/** The state of a task; its sign alone where there is little room. */
function mark(task: Of<"running">, style: Style, columns: number): string {
  return columns < 100 ? signOf(task, style).replace(/ \w+/, "") : signOf(task, style);
}

function red(n: number, style: Style): string {
  return n > 0 ? style.red(count(n)) : "0";
}

function sinceOf(date: Date, now: number): string {
  return spanOf(Math.max(0, now - date.getTime()));
}

function progressBar(progress: number | null, columns: number): string {
  if (progress === null) return "";
  return `${bar(progress, columns < 100 ? 6 : 12)} ${String(Math.round(progress)).padStart(3)}%`;
}
