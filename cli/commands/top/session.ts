/**
 * Session of `rl top`: refreshes, paints, reads keys and runs their actions.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Relier } from "../../../mod.ts";
import type { Style } from "../../framework/style.ts";
import { attemptsOf, explain, queueOf, taskSnapshot } from "../../../core/console/mod.ts";
import { type Key, press } from "./keys.ts";
import { createTopPoller } from "./snapshot.ts";
import { type Act, emptyModel, type Model, type Sheet } from "./model.ts";
import type { Terminal } from "../../terminal/fullscreen.ts";
import { render } from "./view.ts";

/** Options of a session. */
export interface SessionOptions {
  readonly relier: Relier;
  /** Only these queues; all if absent. */
  readonly queues: readonly string[] | undefined;
  /** Redis and prefix, for the title. */
  readonly about: string;
  readonly production: boolean;
  readonly refreshMs: number;
  readonly style: Style;
  readonly signal: AbortSignal;
  /** Takes over the terminal. */
  readonly open: (onKey: (key: Key) => void, onResize: () => void) => Terminal;
}

/** Runs until the user quits or `signal` aborts. */
export async function runTop(options: SessionOptions): Promise<void> {
  const { relier, refreshMs, style, signal } = options;
  let model: Model = emptyModel(options.about, options.production);
  const quit = new AbortController();
  const over = AbortSignal.any([signal, quit.signal]);
  let hurry = new AbortController();
  const poll = createTopPoller(relier, options.queues);

  const draw = (): void => {
    const { columns, rows } = terminal;
    terminal.paint(render(model, { columns, rows, style, now: Date.now() }));
  };
  const update = (changes: Partial<Model>): void => {
    model = { ...model, ...changes };
    draw();
  };

  function pressed(key: Key): void {
    const { pane } = model;
    const { model: next, act } = press(model, key);
    update(next);
    if (pane !== model.pane) hurry.abort(); // Reads the other list at once.
    if (act?.do === "quit") return quit.abort();
    if (act === undefined) return;
    perform(relier, act).then(
      (done) => {
        update(typeof done === "string" ? { note: done } : { sheet: done });
        hurry.abort();
      },
      (error: Error) => update({ note: error.message }),
    );
  }

  const terminal = options.open(pressed, draw);
  try {
    draw();
    while (!over.aborted) {
      hurry = new AbortController();
      try {
        const snapshot = await poll(model.pane === "queues" ? model.below : model.pane);
        update({ snapshot, loaded: true, trouble: "" });
      } catch (error) {
        update({ trouble: (error as Error).message });
      }
      await pause(refreshMs, undefined, { signal: AbortSignal.any([over, hurry.signal]) })
        .catch(() => {});
    }
  } finally {
    terminal.close();
  }
}

/** Runs an action; resolves to its result. */
async function perform(relier: Relier, act: Exclude<Act, { do: "quit" }>): Promise<string | Sheet> {
  switch (act.do) {
    case "explain":
      return await explained(relier, act.id);
    case "cancel": {
      const cancelled = await relier.handle(act.id).cancel("rl top");
      return cancelled ? `cancelling ${act.id}` : `${act.id} has already finished`;
    }
    case "release": {
      const missed = await relier.queue(queueOf(act.id)).release([act.id]);
      return missed.length > 0 ? `${act.id} is no longer dead` : `released ${act.id}`;
    }
    case "drain":
      await relier.queue(act.queue).commandWorker(act.worker, { do: "drain" });
      return `${act.worker} drains`;
    case "pause":
      await relier.queue(act.queue).pause("claims", "rl top");
      return `queue ${act.queue} is paused`;
    case "resume":
      await relier.queue(act.queue).resume();
      return `queue ${act.queue} is open again`;
  }
}

async function explained(relier: Relier, id: string): Promise<Sheet> {
  const situation = await taskSnapshot(relier, id);
  const { name, state } = situation.task;
  const attempts = attemptsOf(situation.task).map(({ worker, start, text }, i) =>
    `  ${i + 1}  ${start.toISOString()}  ${worker}  ${text}`
  );
  return {
    title: `${id}  ${name}  ${state}`,
    lines: [
      ...explain(situation).map(({ text }) => text),
      ...(attempts.length > 0 ? ["", "attempts", ...attempts] : []),
    ],
    top: 0,
  };
}
