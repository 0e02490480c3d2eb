/**
 * `rl top`: frames without a terminal and keys without a keyboard. Then the whole
 * program runs on a real Redis, and restores the terminal.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { ReadStream, WriteStream } from "node:tty";
import type { RateSample } from "../../core/console/mod.ts";
import { styleOf } from "../../cli/framework/style.ts";
import { widthOf } from "../../cli/terminal/text.ts";
import type { Frame } from "../../cli/commands/top/columns.ts";
import { type Key, press, type Pressed } from "../../cli/commands/top/keys.ts";
import { createTopPoller } from "../../cli/commands/top/snapshot.ts";
import { emptyModel, type Model, rowsOf, type Snapshot } from "../../cli/commands/top/model.ts";
import { runTop } from "../../cli/commands/top/session.ts";
import { changes, openTerminal } from "../../cli/terminal/fullscreen.ts";
import { render } from "../../cli/commands/top/view.ts";
import { createRelier, type Relier, rlTask, type TaskSummary } from "../../mod.ts";
import { withRelier } from "../support/relier.ts";
import { rl } from "../support/rl.ts";
import { until } from "../support/until.ts";

const now = Date.UTC(2026, 10, 22, 12, 0, 0);
const plain: Frame = { columns: 80, rows: 24, style: styleOf(false), now };

function taskOf(i: number, more: Partial<TaskSummary> = {}): TaskSummary {
  return {
    id: `mails~0~${String(i).padStart(22, "t")}`,
    name: "charge-card",
    state: "running",
    queue: "mails",
    attempt: 1,
    resurrections: 0,
    enqueuedAt: new Date(now - 60_000),
    since: new Date(now - 1000 * i),
    worker: "w1",
    progress: i * 10,
    remark: null,
    reason: null,
    error: null,
    at: new Date(now),
    ...more,
  };
}

const sampleOf = (done: number): RateSample => ({
  at: now,
  waiting: 0,
  running: 0,
  done,
  failed: 0,
  lost: 0,
  pushed: 0,
});

function snapshotOf(running: number, dead: number, queues = 2): Snapshot {
  const counts = {
    ready: 100_000,
    running,
    scheduled: 3,
    quarantined: 1,
    completed: 0,
    dead,
    cancelled: 0,
  };
  const names = ["mails", "default", ...Array.from({ length: queues }, (_, i) => `q${i}`)];
  return {
    queues: names.slice(0, queues).map((name) => ({
      name,
      stats: {
        counts,
        events: { complete: 10 },
        causes: {},
        oldestMs: 65_000,
        quarantine: { count: 1, oldestMs: 5 },
        overdueMs: 0,
        workers: ["w1"],
        paused: { claims: name === "mails" ? "a bad release" : null, pushes: null },
        limits: {},
        phoenix: { sweptMs: 5, graceMs: 0, lane: null, lastDay: 0, lastHour: 0 },
      },
      pace: { done: 12.5, failed: 1, lost: 0, pushed: 3 },
      died: 0,
      history: [1, 5, 2].map(sampleOf),
    })),
    history: [3, 9, 25].map(sampleOf),
    running: Array.from({ length: running }, (_, i) => taskOf(i)),
    dead: Array.from(
      { length: dead },
      (_, i) =>
        taskOf(i, { state: "dead", reason: "attempts", error: { name: "E", message: `no ${i}` } }),
    ),
    workers: [{
      id: "w1",
      queue: "mails",
      lastBeat: new Date(now - 500),
      seen: true,
      missingMs: 0,
      blockedMs: 0,
      running: 3,
      info: {
        name: "worker-1",
        process: 42,
        host: "there",
        runtime: "node",
        version: "20",
        concurrency: 10,
        queues: ["mails"],
        startedAt: "",
        tasks: [{ name: "charge-card", version: 1 }],
        rssMb: 80,
        loopLagMs: 1,
        leaked: 0,
        fenced: 0,
        timings: { wait: {}, run: {} },
        pulse: "thread",
        supervisor: null,
        state: "working",
      },
      command: null,
      paused: false,
    }],
  };
}

const modelOf = (snapshot: Snapshot, more: Partial<Model> = {}): Model => ({
  ...emptyModel("redis://here", false),
  snapshot,
  loaded: true,
  ...more,
});

/** Presses keys by name, and characters as themselves. */
function keys(model: Model, ...names: string[]): Pressed {
  let pressed: Pressed = { model };
  for (const name of names) pressed = press(pressed.model, keyOf(name));
  return pressed;
}

const keyOf = (name: string): Key => ({
  name: name === " " ? "space" : name === "/" || name === "?" ? "" : name,
  text: [...name].length === 1 ? name : "",
});

test("a list that does not fit says how many rows are below", () => {
  const model = modelOf(snapshotOf(0, 0, 30));
  const frame = (rows: number) => render(model, { ...plain, rows }).join("\n");
  assert.match(frame(24), /QUEUE .* \d+ more, j k scroll\n/);
  assert.doesNotMatch(frame(120), /more, j k/);
});

test("a frame has as many lines as there are rows, each as wide as the screen", () => {
  const models = [
    emptyModel("redis://here", false),
    modelOf(snapshotOf(0, 0, 0)),
    modelOf(snapshotOf(40, 300, 30), { pane: "dead", below: "dead" }),
    modelOf(snapshotOf(5, 5), { pane: "workers", below: "workers", filter: "wörk", typing: true }),
    modelOf(snapshotOf(5, 5), { trouble: "no\nanswer \u001b[2J 漢字".repeat(20) }),
    keys(modelOf(snapshotOf(5, 5)), "?").model,
    keys(modelOf(snapshotOf(5, 5)), "c").model,
  ];
  for (const style of [styleOf(false), styleOf(true)]) {
    for (const [columns, rows] of [[80, 24], [200, 60], [40, 10], [39, 9], [1, 1]] as const) {
      for (const [i, model] of models.entries()) {
        const lines = render(model, { columns, rows, style, now });
        assert.equal(lines.length, rows, `model ${i} in ${columns}×${rows}`);
        for (const line of lines) {
          // deno-lint-ignore no-control-regex -- the chosen row is painted the other way round
          const bare = line.replace(/\u001b\[2?7m/g, "");
          assert.equal(widthOf(bare), columns, `model ${i} in ${columns}×${rows}: "${line}"`);
          assert.ok(!bare.includes("\u001b[2J"));
        }
      }
    }
  }
});

test("80 by 24 shows counters, rates, queues with their flags, and running tasks with their progress", () => {
  const text = render(modelOf(snapshotOf(3, 1)), plain).join("\n");
  assert.match(text, /^rl top {2}redis:\/\/here .*12:00:00Z *\n/);
  assert.match(
    text,
    /ready 200,000 {2}running 6 {2}scheduled 6 {2}quarantined 2 {2}dead 2 {2}1 worker/,
  );
  assert.match(text, /▂▄█ {2}25\/s done {2}2\/s failed/);
  assert.match(text, /mails +100,000 +3 +3 +1 +1m5s +13\/s +▃█▄ +paused/);
  assert.match(text, /\[2:running \(6\)\]/);
  assert.match(text, /▶ tttttttttt +charge-card +● +mails +worker-1 +1 +0ms +░░░░░░ +0%/);
  assert.match(text, /2s +█░░░░░ +20%/);
});

test("the chosen row stays the chosen task when others come and go", () => {
  const snapshot = snapshotOf(5, 0);
  const { model } = keys(modelOf(snapshot), "j", "down");
  assert.match(render(model, plain).find((line) => line.startsWith("▶"))!, /2s/);
  const later = { ...snapshot, running: snapshot.running.slice(1) };
  assert.match(
    render({ ...model, snapshot: later }, plain).find((line) => line.startsWith("▶"))!,
    /2s/,
  );
  const gone = { ...snapshot, running: snapshot.running.slice(0, 1) };
  assert.match(
    render({ ...model, snapshot: gone }, plain).find((line) => line.startsWith("▶"))!,
    /0ms/,
  );
  const none = { ...snapshot, running: [] };
  assert.match(render({ ...model, snapshot: none }, plain).join("\n"), /no running tasks/);
});

test("a long list scrolls with the choice, to its end and back", () => {
  const model = modelOf(snapshotOf(150, 0));
  const bottom = keys(model, "end").model;
  assert.match(render(bottom, plain).find((line) => line.startsWith("▶"))!, /2m29s/);
  const paged = keys(bottom, "pageup", "k").model;
  assert.match(render(paged, plain).find((line) => line.startsWith("▶"))!, /2m18s/);
  assert.match(render(keys(paged, "g").model, plain).find((line) => line.startsWith("▶"))!, /0ms/);
});

test("Tab and digits choose the list; the queues stay in sight", () => {
  const { model } = keys(modelOf(snapshotOf(1, 1)), "tab");
  assert.equal(model.pane, "dead");
  assert.match(render(model, plain).join("\n"), /E: no 0/);
  const workers = keys(model, "4").model;
  assert.match(render(workers, plain).join("\n"), /▶ worker-1 +working +██░░░░░░ 3\/10/);
  const queues = keys(workers, "tab").model;
  assert.equal(queues.pane, "queues");
  assert.match(render(queues, plain).join("\n"), /▶ mails[^]*worker-1/);
});

test("a filter narrows the list in use while it is typed, Esc shows all again", () => {
  const model = keys(modelOf(snapshotOf(3, 12)), "3", "/", ..."no 11").model;
  assert.equal(rowsOf(model, "dead").length, 1);
  assert.match(render(model, plain).join("\n"), /\/no 11█/);
  assert.equal(rowsOf(keys(model, "backspace").model, "dead").length, 3);
  const kept = keys(model, "return").model;
  assert.equal(kept.typing, false);
  assert.equal(rowsOf(kept, "dead").length, 1);
  assert.equal(rowsOf(keys(kept, "escape").model, "dead").length, 12);
});

test("every change asks for a confirmation, and only y confirms", () => {
  const model = modelOf(snapshotOf(2, 2));
  const id = model.snapshot.running[0]!.id;
  for (
    const [path, act] of [
      [["c"], { do: "cancel", id }],
      [["3", "r"], { do: "release", id }],
      [["4", "d"], { do: "drain", queue: "mails", worker: "w1" }],
      [["1", " "], { do: "resume", queue: "mails" }],
      [["1", "j", " "], { do: "pause", queue: "default" }],
    ] as const
  ) {
    const asked = keys(model, ...path);
    assert.equal(asked.act, undefined, path.join());
    assert.match(render(asked.model, plain).at(-1)!, /\(y\/N\)/);
    assert.deepEqual(keys(asked.model, "y").act, act);
    for (const no of ["n", "escape", "return", "q"]) {
      const declined = keys(asked.model, no);
      assert.equal(declined.act, undefined, no);
      assert.match(render(declined.model, plain).at(-1)!, /nothing was changed/);
    }
  }
});

test("in production the name of the queue has to be typed", () => {
  const asked = keys(modelOf(snapshotOf(2, 2), { production: true }), "c").model;
  assert.match(render(asked, plain).at(-1)!, /type mails and Enter/);
  assert.equal(keys(asked, "y", "return").act, undefined);
  assert.equal(keys(asked, ..."mails", "return").act?.do, "cancel");
});

test("a key without a target names the list to choose from", () => {
  const model = modelOf(snapshotOf(0, 0));
  for (const name of ["c", "r", "d", " "]) {
    const { model: after, act } = keys(model, name);
    assert.equal(act, undefined);
    assert.match(render(after, plain).at(-1)!, /choose a/);
  }
  assert.equal(keys(model, "return").act, undefined);
});

test("q and Ctrl-C quit, Ctrl-C in every view", () => {
  const model = modelOf(snapshotOf(1, 1));
  assert.equal(keys(model, "q").act?.do, "quit");
  const inside = [model, keys(model, "c").model, keys(model, "/").model, keys(model, "?").model];
  for (const each of inside) {
    assert.equal(press(each, { name: "c", text: "", ctrl: true }).act?.do, "quit");
  }
});

test("only lines that changed are written", () => {
  assert.equal(changes(["a", "b"], ["a", "b"]), "");
  assert.equal(changes(["a", "b", "c"], ["a", "x", "c"]), "\u001b[2;1Hx");
  assert.equal(changes([], ["a"]), "\u001b[1;1Ha");
});

/** A terminal that only records. */
function pretend(): {
  input: ReadStream;
  output: WriteStream;
  raw: boolean[];
  written: () => string;
} {
  const raw: boolean[] = [];
  let written = "";
  const input = Object.assign(new EventEmitter(), {
    setRawMode: (on: boolean) => raw.push(on),
    pause: () => {},
    resume: () => {},
  });
  const output = Object.assign(new EventEmitter(), {
    columns: 80,
    rows: 24,
    write: (text: string) => written += text,
  });
  return {
    input: input as unknown as ReadStream,
    output: output as unknown as WriteStream,
    raw,
    written: () => written,
  };
}

test("a terminal is taken over and given back once, after an error too", () => {
  const listeners = process.listenerCount("exit");
  const { input, output, raw, written } = pretend();
  const terminal = openTerminal(input, output, () => {}, () => {});
  terminal.paint(["hello"]);
  (process as EventEmitter).emit("uncaughtExceptionMonitor", new Error("boom"));
  terminal.close();
  terminal.paint(["too late"]);
  assert.deepEqual(raw, [true, false]);
  assert.ok(written().startsWith("\u001b[?1049h\u001b[?25l"));
  assert.ok(written().includes("\u001b[?2026h\u001b[1;1Hhello\u001b[?2026l"));
  assert.ok(written().endsWith("\u001b[?25h\u001b[?1049l"));
  assert.equal(process.listenerCount("exit"), listeners);
});

const hold = rlTask("hold", { retry: { attempts: 1 } }, (fails: boolean) => {
  if (fails) throw new Error("never works");
  return new Promise<void>((resolve) => lets.push(resolve));
});
let lets: (() => void)[] = [];

/** Runs it against `relier`; `type` presses keys, and `frame` is the visible screen. */
function session(relier: Relier): {
  type: (...names: string[]) => void;
  frame: () => string;
  ended: Promise<void>;
} {
  let lines: readonly string[] = [];
  let onKey: (key: Key) => void = () => {};
  const ended = runTop({
    relier,
    queues: undefined,
    about: "redis://here",
    production: false,
    refreshMs: 200,
    style: styleOf(false),
    signal: new AbortController().signal,
    open: (heard) => {
      onKey = heard;
      return { columns: 100, rows: 30, paint: (painted) => lines = painted, close: () => {} };
    },
  });
  return {
    type: (...names) => names.forEach((name) => onKey(keyOf(name))),
    frame: () => lines.join("\n"),
    ended,
  };
}

test(
  "on a real Redis it lists running tasks, explains, cancels, releases, pauses and drains",
  withRelier(async (lab) => {
    lets = [];
    const worker = await lab.worker({ name: "first", concurrency: 1 });
    const dead = await hold.apush(true);
    await until("it is dead", async () => (await lab.queue.stats()).counts.dead === 1);
    const { id } = await hold.apush(false);
    const { type, frame, ended } = session(lab.rl);
    await until("it is shown", () => /▶ .*hold .*● running +default +first/.test(frame()));
    type("return");
    await until(
      "it says why",
      () => frame().includes("Worker first") && frame().includes("attempts"),
    );
    type("escape", "c", "y");
    await until("it is cancelled", async () => {
      lets.forEach((go) => go());
      return (await lab.queue.inspect(id)).state !== "running";
    });
    type("3");
    await until("the dead are shown", () => /▶ .*hold.*Error: never works/.test(frame()));
    type("1", " ", "y");
    await until("it is paused", async () => (await lab.queue.stats()).paused.claims === "rl top");
    type("3", "r", "y");
    await until("it is released", async () => (await lab.queue.inspect(dead.id)).state === "ready");
    type("4");
    await until("workers are shown", () => /▶ first +working/.test(frame()));
    type("d", "y");
    await worker.stopped;
    await until("it is gone", () => frame().includes("no worker"));
    type("q");
    await ended;
  }),
);

test(
  "a look is a bounded number of calls, however many tasks and queues there are",
  withRelier(async (lab) => {
    const { port } = lab.moves.caller;
    for (let i = 0; i < 60; i++) await hold.with({ queue: `q${i}` }).apush(false);
    await Promise.all(Array.from({ length: 1000 }, () => hold.apush(false)));
    let calls = 0;
    const relier = createRelier({
      redis: { ...port, run: (...call) => (calls++, port.run(...call)) },
      prefix: lab.prefix,
    });
    const poll = createTopPoller(relier);
    for (let i = 0; i < 6; i++) {
      calls = 0;
      const { queues } = await poll(i % 2 ? "dead" : "running");
      assert.ok(calls <= 1 + 50 + 10 + 10, `${calls} calls`);
      if (i > 1) assert.equal(queues.length, 61, "those that take turns are shown all the time");
    }
    await relier.close();
  }),
);

test(
  "an unreachable Redis is named in the title, and the last data stay",
  withRelier(async (lab) => {
    await hold.apush(false);
    const { port } = lab.moves.caller;
    let away = false;
    const relier = createRelier({
      redis: {
        ...port,
        run: (...call) => away ? Promise.reject(new Error("nobody answers")) : port.run(...call),
      },
      prefix: lab.prefix,
    });
    const { type, frame, ended } = session(relier);
    await until("the queue is shown", () => /default +1 /.test(frame()));
    away = true;
    await until("it says so", () => frame().includes("✖ nobody answers"));
    assert.match(frame(), /default +1 /);
    away = false;
    await until("it is back", () => !frame().includes("nobody answers"));
    type("q");
    await ended;
    await relier.close();
  }),
);

test(
  "without a terminal it is refused, with the alternative",
  withRelier(async ({ url, prefix }) => {
    for (const args of [["top"], ["top", "--json"]]) {
      const { exit, stderr } = await rl(args, { url, prefix });
      assert.equal(exit, 2);
      assert.match(stderr, /rl status --watch/);
    }
    const bad = await rl(["top", "--refresh", "1ms"], { url, prefix, tty: {} });
    assert.equal(bad.exit, 2);
    assert.match(bad.stderr, /200ms to 1m/);
    const typo = await rl(["top", "--queue", "nowhere"], { url, prefix, tty: {} });
    assert.equal(typo.exit, 4);
  }),
);
