/**
 * Effects of the keys. A key that changes tasks, queues or workers asks first.
 *
 * @module
 */

import { plural, type QueueSnapshot } from "../../../core/console/mod.ts";
import type { TaskSummary } from "../../../mod.ts";
import {
  type Act,
  indexOf,
  keyOf,
  type Model,
  type Pane,
  panes,
  rowsOf,
  type WorkerRow,
} from "./model.ts";

/** A key as the terminal reports it. */
export interface Key {
  /** Name, such as `j`, `up`, `return`, `escape`. */
  readonly name: string;
  /** Text that it types; empty if none. */
  readonly text: string;
  readonly ctrl?: boolean;
}

/** Result of a key. */
export interface Pressed {
  readonly model: Model;
  readonly act?: Act;
}

const page = 10;

/** Applies a key to the model. */
export function press(model: Model, key: Key): Pressed {
  if (key.ctrl && key.name === "c") return { model, act: { do: "quit" } };
  if (model.question) return answer(model, key);
  if (model.typing) return { model: type(model, key) };
  if (model.sheet) return { model: leaf(model, key) };
  const clean = { ...model, note: "" };
  return commands[key.name]?.(clean, key) ?? commands[key.text]?.(clean, key) ?? { model: clean };
}

function answer(model: Model, key: Key): Pressed {
  const { act, word, typed, text } = model.question!;
  const over = { ...model, question: null };
  if (key.name === "escape") return { model: { ...over, note: "nothing was changed" } };
  if (word === "y") {
    return key.text.toLowerCase() === "y"
      ? { model: over, act }
      : { model: { ...over, note: "nothing was changed" } };
  }
  if (key.name === "return") {
    return typed === word
      ? { model: over, act }
      : { model: { ...over, note: `"${typed}" is not "${word}": nothing was changed` } };
  }
  return { model: { ...model, question: { act, word, text, typed: edit(typed, key) } } };
}

function type(model: Model, key: Key): Model {
  if (key.name === "return") return { ...model, typing: false };
  if (key.name === "escape") return { ...model, typing: false, filter: "" };
  return { ...model, filter: edit(model.filter, key) };
}

function edit(text: string, key: Key): string {
  if (key.name === "backspace") return [...text].slice(0, -1).join("");
  return key.ctrl || text.length > 100 ? text : text + key.text;
}

function leaf(model: Model, { name, text }: Key): Model {
  const { sheet } = model;
  const turns: Readonly<Record<string, number>> = {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    pagedown: page,
    pageup: -page,
  };
  const by = turns[name] ?? 0;
  if (by === 0) return text === "" && name !== "escape" ? model : { ...model, sheet: null };
  const top = Math.max(0, Math.min(sheet!.top + by, sheet!.lines.length - 1));
  return { ...model, sheet: { ...sheet!, top } };
}

function choose(model: Model, at: number): Pressed {
  const rows = rowsOf(model, model.pane);
  const to = Math.max(0, Math.min(at, rows.length - 1));
  const key = rows[to] === undefined ? "" : keyOf(rows[to]);
  return { model: { ...model, chosen: { ...model.chosen, [model.pane]: { key, at: to } } } };
}

const by = (n: number) => (model: Model): Pressed => choose(model, indexOf(model, model.pane) + n);

function goTo(model: Model, pane: Pane): Pressed {
  const below = pane === "queues" ? model.below : pane;
  return { model: { ...model, pane, below } };
}

const turn = (n: number) => (model: Model): Pressed =>
  goTo(model, panes[(panes.indexOf(model.pane) + n + panes.length) % panes.length]!);

const commands: Readonly<Record<string, (model: Model, key: Key) => Pressed>> = {
  q: (model) => ({ model, act: { do: "quit" } }),
  j: by(1),
  down: by(1),
  k: by(-1),
  up: by(-1),
  pagedown: by(page),
  pageup: by(-page),
  home: (model) => choose(model, 0),
  end: (model) => choose(model, Infinity),
  g: (model, { text }) => choose(model, text === "G" ? Infinity : 0),
  tab: turn(1),
  backtab: turn(-1),
  right: turn(1),
  left: turn(-1),
  "1": (model) => goTo(model, "queues"),
  "2": (model) => goTo(model, "running"),
  "3": (model) => goTo(model, "dead"),
  "4": (model) => goTo(model, "workers"),
  "/": (model) => ({ model: { ...model, typing: true } }),
  escape: (model) => ({ model: { ...model, filter: "" } }),
  "?": (model) => ({ model: { ...model, sheet: { title: "Keys", lines: help, top: 0 } } }),
  return: explain,
  c: (model) => onTask(model, "running", "cancel", "Cancel"),
  r: (model) => onTask(model, "dead", "release", "Release"),
  d: drain,
  space: pause,
};

/** Help for the keys. */
const help = [
  "j k ↓ ↑        next, previous row; PgDn PgUp ten rows; g G first, last",
  "Tab 1 2 3 4    queues, running, dead, workers",
  "Enter          explain a task; details of a queue or a worker",
  "/              filter by a text; Esc removes the filter",
  "c              cancel the chosen running task",
  "r              release the chosen dead task: it runs again",
  "d              drain the chosen worker: it finishes or hands off its tasks, and leaves",
  "Space          pause the chosen queue, or resume it",
  "q Ctrl-C       quit",
];

function explain(model: Model): Pressed {
  const row = rowsOf(model, model.pane)[indexOf(model, model.pane)];
  if (!row) return { model };
  if (!("stats" in row) && !("info" in row)) return { model, act: { do: "explain", id: row.id } };
  const [title, lines] = "stats" in row ? aboutQueue(row) : aboutWorker(row);
  return { model: { ...model, sheet: { title, lines, top: 0 } } };
}

function aboutQueue({ name, stats }: QueueSnapshot): [string, string[]] {
  const numbers = (all: Readonly<Record<string, number>>): string =>
    Object.entries(all).filter(([, n]) => n > 0).map(([word, n]) => `${word} ${n}`).join(" · ");
  const { counts, events, causes, limits, paused } = stats;
  const set = Object.entries(limits).filter(([, value]) => value !== null && value !== undefined);
  return [`Queue ${name}`, [
    `tasks      ${numbers(counts) || "none"}`,
    `events     ${numbers(events) || "nothing"}`,
    `losses     ${numbers(causes) || "none"}`,
    `claims     ${paused.claims === null ? "open" : `paused: ${paused.claims}`}`,
    `pushes     ${paused.pushes === null ? "open" : `closed: ${paused.pushes}`}`,
    `limits     ${set.length > 0 ? JSON.stringify(Object.fromEntries(set)) : "none"}`,
  ]];
}

function aboutWorker({ id, info, command, queue, lastBeat }: WorkerRow): [string, string[]] {
  const known = info.tasks.map(({ name, version }) => version > 1 ? `${name} v${version}` : name);
  return [`Worker ${info.name ?? id}`, [
    `id         ${id}`,
    `process    ${info.process} on ${info.host}, ${info.runtime} ${info.version}`,
    `state      ${info.state}${command ? `, has the command to ${command}` : ""}`,
    `queues     ${info.queues.join(", ") || queue}`,
    `slots      ${info.concurrency}, ${info.leaked} handlers leaked`,
    `heartbeat  ${lastBeat.toISOString()} from the ${info.pulse}, loop ${info.loopLagMs} ms late`,
    `memory     ${info.rssMb} MB, started ${info.startedAt}`,
    `supervisor ${info.supervisor ?? "none"}`,
    `knows      ${known.join(", ") || "no task"}`,
  ]];
}

/** The chosen row of `pane`, if that is the list in use. */
function chosenIn(model: Model, pane: "running" | "dead"): TaskSummary | undefined {
  return model.pane === pane ? rowsOf(model, pane)[indexOf(model, pane)] : undefined;
}

function ask(model: Model, text: string, queue: string, act: Act): Pressed {
  const word = model.production ? queue : "y";
  return { model: { ...model, question: { text, act, word, typed: "" } } };
}

function onTask(
  model: Model,
  pane: "running" | "dead",
  verb: "cancel" | "release",
  title: string,
): Pressed {
  const task = chosenIn(model, pane);
  if (!task) return { model: { ...model, note: `choose a ${pane} task to ${verb} it` } };
  return ask(model, `${title} ${task.name} ${task.id}?`, task.queue, { do: verb, id: task.id });
}

function drain(model: Model): Pressed {
  const row = model.pane === "workers" ? rowsOf(model, "workers")[indexOf(model, "workers")] : null;
  if (!row) return { model: { ...model, note: "choose a worker to drain it" } };
  const { id, queue, info, running } = row;
  const text = `Drain worker ${info.name ?? id}, which runs ${plural(running, "task")}?`;
  return ask(model, text, queue, { do: "drain", queue, worker: id });
}

function pause(model: Model): Pressed {
  const row = model.pane === "queues" ? rowsOf(model, "queues")[indexOf(model, "queues")] : null;
  if (!row) return { model: { ...model, note: "choose a queue to pause it" } };
  const { name, stats } = row;
  const paused = stats.paused.claims !== null;
  const text = paused
    ? `Resume queue ${name}?`
    : `Pause queue ${name}? Its workers claim no more tasks.`;
  return ask(model, text, name, { do: paused ? "resume" : "pause", queue: name });
}
