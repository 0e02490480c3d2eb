/**
 * Renders `rl top`: a pure function from the model and a size to lines.
 *
 * @module
 */

import { brief, count, plural } from "../../../core/console/mod.ts";
import { sparkline } from "../../terminal/charts.ts";
import type { Style } from "../../framework/style.ts";
import { tableLines } from "../../terminal/table.ts";
import { cut, harmless, oneLine, pad, widthOf, wrap } from "../../terminal/text.ts";
import { columnsOf, type Frame } from "./columns.ts";
import { doneOf, indexOf, type Model, type Pane, panes, rowsOf } from "./model.ts";

const least = { columns: 40, rows: 10 };

/** Renders a frame: one line for each row, none wider than the screen. */
export function render(model: Model, frame: Frame): string[] {
  const { columns, rows } = frame;
  if (columns < least.columns || rows < least.rows) {
    return fill([`rl top needs ${least.columns}×${least.rows}`], rows)
      .map((line) => whole(line, columns));
  }
  const head = [title(model, frame), ...counters(model, frame), ""];
  const foot = footer(model, frame);
  const room = rows - head.length - 1;
  const body = model.sheet ? sheet(model, frame, room) : lists(model, frame, room);
  return [...fill([...head, ...body], rows - 1), foot].map((line) =>
    typeof line === "string"
      ? whole(line, columns)
      : inverse(whole(line.chosen, columns), frame.style)
  );
}

/**
 * Pads a line to the width of the screen. Erasing the rest of the line instead would
 * erase a character in the last column.
 */
function whole(line: string, columns: number): string {
  return pad(cut(line, columns), columns);
}

/** A line, or the chosen one. */
type Line = string | { readonly chosen: string };

function fill<T extends Line>(lines: readonly T[], rows: number): (T | string)[] {
  return Array.from({ length: rows }, (_, i) => lines[i] ?? "");
}

/** Joins a text at the left and one at the right. */
function ends(left: string, right: string, columns: number): string {
  return cut(
    left + " ".repeat(Math.max(2, columns - widthOf(left) - widthOf(right))) + right,
    columns,
  );
}

function title({ about, trouble }: Model, { style, columns, now }: Frame): string {
  const clock = style.dim(`${new Date(now).toISOString().slice(11, 19)}Z`);
  const state = trouble === "" ? style.dim(about) : style.red(`✖ ${oneLine(harmless(trouble))}`);
  return ends(`${style.bold("rl top")}  ${state}`, clock, columns);
}

function counters({ snapshot, loaded }: Model, { style, columns }: Frame): string[] {
  if (!loaded) return [style.dim("loading …"), ""];
  const { queues, history } = snapshot;
  const sum = (of: (queue: typeof queues[number]) => number): number =>
    queues.reduce((all, queue) => all + of(queue), 0);
  const { cyan, green, blue, yellow, red, dim } = style;
  const shown: [string, number, (text: string) => string][] = [
    ["ready", sum(({ stats }) => stats.counts.ready), cyan],
    ["running", sum(({ stats }) => stats.counts.running), green],
    ["scheduled", sum(({ stats }) => stats.counts.scheduled), blue],
    ["quarantined", sum(({ stats }) => stats.counts.quarantined), yellow],
    ["dead", sum(({ stats }) => stats.counts.dead), red],
  ];
  const workers = new Set(queues.flatMap(({ stats }) => stats.workers)).size;
  const numbers = shown.map(([word, n, paint]) => `${dim(word)} ${n > 0 ? paint(count(n)) : "0"}`);
  const measured = queues.some(({ pace }) => pace !== null);
  const rate = measured ? `${brief(history.at(-1)?.done ?? 0)}/s done` : dim("measuring …");
  const failed = sum(({ pace }) => pace?.failed ?? 0);
  const lost = sum(({ pace }) => pace?.lost ?? 0);
  const more = [
    failed > 0 && red(`${brief(failed)}/s failed`),
    lost > 0 && yellow(`${brief(lost)}/s resurrected`),
  ].filter(Boolean).join("  ");
  const space = Math.max(10, Math.min(60, columns - 44));
  return [
    [...numbers, dim(plural(workers, "worker"))].join("  "),
    `${green(sparkline(doneOf(history), space))}  ${rate}  ${more}`,
  ];
}

function lists(model: Model, frame: Frame, room: number): Line[] {
  const queues = rowsOf(model, "queues").length;
  const upper = Math.min(Math.max(1, queues), Math.max(2, Math.floor((room - 3) * 0.4)));
  const top = list(model, "queues", frame, upper + 1);
  return [
    ...fill(top, upper + 1),
    tabs(model, frame),
    ...list(model, model.below, frame, room - upper - 2),
  ];
}

function tabs(model: Model, { style, columns }: Frame): string {
  const { snapshot } = model;
  const totals: Readonly<Record<Pane, number>> = {
    queues: snapshot.queues.length,
    running: snapshot.queues.reduce((all, { stats }) => all + stats.counts.running, 0),
    dead: snapshot.queues.reduce((all, { stats }) => all + stats.counts.dead, 0),
    workers: new Set(snapshot.queues.flatMap(({ stats }) => stats.workers)).size,
  };
  const names = panes.map((pane, i) => {
    const text = `${i + 1}:${pane} (${count(totals[pane])})`;
    if (pane === model.pane) return style.bold(`[${text}]`);
    return pane === model.below ? ` ${text} ` : style.dim(` ${text} `);
  });
  const cursor = model.typing ? "█" : "";
  const filter = model.filter !== "" || model.typing
    ? style.yellow(`/${plainFilter(model)}${cursor}`)
    : "";
  const read = snapshot[model.below].length;
  const part = read < totals[model.below] && model.below !== "workers"
    ? style.dim(`${count(read)} read`)
    : "";
  return ends(names.join(" "), filter || part, columns);
}

const plainFilter = ({ filter }: Model): string => harmless(filter);

const empty: Readonly<Record<Pane, string>> = {
  queues: "no queue yet: push a task",
  running: "no running tasks",
  dead: "no dead tasks",
  workers: "no workers",
};

/** Renders a header and as many rows as fit, with the chosen one. */
function list(model: Model, pane: Pane, frame: Frame, room: number): Line[] {
  const { style, columns } = frame;
  const rows = rowsOf(model, pane);
  const height = room - 1;
  if (height < 1) return [];
  const at = indexOf(model, pane);
  const from = Math.max(0, Math.min(at - Math.floor(height / 2), rows.length - height));
  const shown = rows.slice(from, from + height);
  if (shown.length === 0) {
    const none = model.filter === "" || model.pane !== pane
      ? empty[pane]
      : `none contains "${plainFilter(model)}"`;
    return [style.dim(model.loaded ? `  ${none}` : "")];
  }
  const [head, ...lines] = tableLines(shown, columnsOf(pane, model, frame), style.dim, columns - 2);
  const hidden = rows.length - shown.length;
  const more = hidden > 0 ? style.yellow(`${count(hidden)} more, j k scroll`) : "";
  return [
    hidden > 0 ? ends(cut(`  ${head}`, columns - widthOf(more) - 2), more, columns) : `  ${head}`,
    ...lines.map((line, i) => {
      const chosen = model.pane === pane && from + i === at;
      return chosen ? { chosen: `▶ ${line}` } : `  ${line}`;
    }),
  ];
}

/** Inverts the chosen row; without colours its mark shows it. */
function inverse(line: string, style: Style): string {
  return style.bold("x") === "x" ? line : `\u001b[7m${line}\u001b[27m`;
}

function sheet({ sheet }: Model, { style, columns }: Frame, room: number): string[] {
  const lines = sheet!.lines.flatMap((line) => wrap(harmless(line), columns - 2));
  return [style.bold(sheet!.title), "", ...lines.slice(sheet!.top, sheet!.top + room - 2)]
    .map((line) => ` ${line}`);
}

const shortKeys = "j k move · Tab list · Enter why · / filter · c r d Space act · ? help · q quit";
const longKeys = "j k move · Tab list · Enter why · / filter · c cancel · r release · d drain · " +
  "Space pause · ? help · q quit";

function footer({ question, note, sheet, typing }: Model, { style, columns }: Frame): string {
  if (question) {
    const { text, word, typed } = question;
    const how = word === "y" ? "(y/N)" : `type ${word} and Enter: ${harmless(typed)}█`;
    return style.bold(style.yellow(`${harmless(text)} ${how}`));
  }
  if (typing) return style.dim("type a text · Enter keeps the filter · Esc removes it");
  if (note !== "") return style.yellow(oneLine(harmless(note)));
  if (sheet) return style.dim("j k scroll · any other key closes");
  return style.dim(columns < 100 ? shortKeys : longKeys);
}
