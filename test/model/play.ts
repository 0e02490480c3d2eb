/**
 * Plays steps on the model: the calls of each step, the expected replies, and the
 * expected contents. It asks the engines for nothing, so that all the calls of a
 * sequence can be sent at once.
 *
 * @module
 */

import type { Values } from "./rig.ts";
import { local, type Move, openStage, type Sent, type Stage } from "./stage.ts";
import type { SettleStep, Step, StepKinds } from "./steps.ts";
import { heldBy, lineOf, nowOf } from "./world.ts";

/** Plays `steps` in partitions of `prefix`, beginning at `nowUs`. */
export function play(steps: readonly Step[], prefix: string, nowUs: number): readonly Move[] {
  const stage = openStage(prefix, nowUs);
  for (const step of steps) {
    const made = (takes[step.do] as Take<unknown>)(stage, step);
    if (!made) continue;
    stage.send(made);
    if (step.lost) stage.send(made, true);
  }
  return stage.moves;
}

/** Result of a step: a call to make, or nothing. */
type Take<S> = (stage: Stage, step: S) => Sent | void;

const takes: { readonly [K in keyof StepKinds]: Take<StepKinds[K]> } = {
  push(stage, step) {
    const parent = step.parent === null ? { id: "", nonce: "" } : stage.claim(step.parent);
    const rows = step.rows.map(({ task, payload, keep, atMs, replaces, ...row }) => ({
      ...stage.task(task),
      ...row,
      death: replaces && `${deathOf(stage, task, replaces)} ${stage.fresh("token")}`,
      atMs: atMs && nowOf(stage) + atMs,
      envelope: `{"v":1,"name":"model",${keep ? '"keepPayload":true,' : ""}"payload":${payload}}`,
    }));
    const args = { own: step.own, nonce: parent.nonce, parent: parent.id };
    return { place: stage.queue, script: "push", args, rows };
  },
  turn(stage, step) {
    // A worker has one claim of a task at most.
    const rows = unique(step.rows.map((row) => settling(stage, row)));
    return turn(stage, { ...step, nonce: stage.fresh("nonce") }, rows);
  },
  work(stage, { worker, call, slots, ms, text, stray }) {
    const how = {
      event: "complete",
      ms,
      keyMs: ms,
      text,
      error: "",
      partial: "",
      needs: "",
      keep: 0,
    };
    const settled = { ...how, name: "settled" };
    const rows = heldBy(stage.queue.world, worker).filter(({ history }) => !history)
      .map(({ id, nonce }) => ({ id, nonce: stray ? stage.fresh("nonce") : nonce, ...settled }));
    const args = { ...settleOnly(worker, stage.fresh("nonce")), call, slots };
    return turn(stage, args, rows);
  },
  settle(stage, { row, traces }) {
    const args = { ...settleOnly("w1", local("none", 0)), traces };
    return turn(stage, args, [settling(stage, row)]);
  },
  beat(stage, step) {
    const rows = step.rows.map(({ claim, ...row }) => ({ ...stage.claim(claim), ...row }));
    const quiet = { progress: "", remark: "", partial: "" };
    const mine = heldBy(stage.queue.world, step.worker)
      .map(({ id, nonce, started = 0 }) => ({ id, nonce, started, ...quiet }));
    // A worker beats for all of its tasks; here one of them is stuck, and some more are added.
    const own = mine.slice(step.stuck).map((each) => ({
      ...each,
      ...rows.find(({ id }) => id === each.id),
    }));
    const { tasks, ...rest } = step;
    const says = JSON.stringify({ tasks });
    const args = { ...rest, says, knows: tasks ? says : "", obeyed: "" };
    return { place: stage.queue, script: "heartbeat", args, rows: unique([...own, ...rows]) };
  },
  admit: (stage, step) => call(stage, "checkAdmission", { ...step }),
  renew: (stage, step) => ({
    place: stage.queue,
    script: "renew",
    args: { ...step, after: "" },
    rows: step.rows.map(stage.task),
  }),
  step: (stage, step) => call(stage, "step", { ...step, ...stage.claim(step.claim) }),
  cancel(stage, step) {
    const { id } = stage.one(step.task, "scheduled", "ready", "running", "quarantined");
    return call(stage, "cancel", { ...step, id });
  },
  sweep: (stage, step) => sweep(stage, { ...step }),
  evict: (stage, { worker, ...rest }) => sweep(stage, { ...rest, dead: stage.busy(worker) }),
  crash(stage, { worker, times, stalls }) {
    for (let i = 0; i < times; i++) {
      stage.send(sweep(stage, {}));
      const claiming = { ...settleOnly(worker, stage.fresh("nonce")), slots: 1, empty: 1 };
      stage.send(turn(stage, claiming));
      const held = heldBy(stage.queue.world, worker);
      if (stalls) stall(stage, worker);
      else stage.send(sweep(stage, { dead: worker, cause: "SIGKILL" }));
      const due = held.filter(({ state }) => state === "scheduled" || state === "quarantined").map((
        { at },
      ) => at * 1000);
      stage.nowUs = Math.max(stage.nowUs, ...due);
    }
  },
  release(stage, { tasks, envelope, observed }) {
    const rows = tasks.map((n) => ({ ...stage.one(n, "dead"), envelope }));
    return call(stage, "release", { token: stage.fresh("token"), observed }, rows);
  },
  promote(stage, { tasks }) {
    const rows = tasks.map((n) => stage.one(n, "scheduled"));
    return call(stage, "promote", { token: stage.fresh("token") }, rows);
  },
  discard(stage, { tasks }) {
    const rows = tasks.map((n) => stage.one(n, "dead", "completed", "cancelled"));
    return call(stage, "discard", {}, rows);
  },
  restore(stage, step) {
    const rows = step.rows.map(({ task, agoMs, ...row }) => ({
      ...stage.task(task),
      ...row,
      pushedAt: nowOf(stage) - agoMs,
      diedAt: nowOf(stage) - agoMs,
      envelope: '{"v":1,"name":"restored"}',
    }));
    return call(stage, "restore", { token: stage.fresh("token") }, rows);
  },
  pause: (stage, step) => call(stage, "pause", { ...step }),
  resume: (stage) => call(stage, "resume", {}),
  limit: (stage, { rows }) => call(stage, "setLimits", {}, rows),
  poll: (stage, { tasks, channel }) =>
    call(stage, "taskStatus", { channel }, unique(tasks.map(stage.task))),
  hear: (stage) => stage.send(call(stage, "hear", {})),
  lock: (stage, step) => ({
    place: stage.locks,
    script: "lock",
    args: { ...step, id: local("lock", step.lock), nonce: local("holder", step.holder) },
    rows: [],
  }),
  unlock: (stage, step) => ({
    place: stage.locks,
    script: "unlock",
    args: ofLock(stage, step),
    rows: [],
  }),
  purge: (stage) => ({ place: stage.locks, script: "purgeLocks", args: {}, rows: [] }),
  keep(stage, step) {
    const row = { ...ofLock(stage, step), event: "complete", ms: step.ms, text: "1" };
    const rows = [{ ...row, error: "", partial: "", name: "", keyMs: step.ms, needs: "", keep: 0 }];
    return { ...turn(stage, settleOnly("lock", row.nonce), rows), place: stage.locks };
  },
  echo: (stage, { back }) => stage.echo(back),
  wait(stage, { ms }) {
    stage.nowUs += ms * 1000;
  },
  back(stage, { ms }) {
    stage.nowUs -= ms * 1000;
  },
  due(stage, { which, offMs }) {
    const states = ["scheduled", "running", "quarantined", "completed", "cancelled"] as const;
    const worlds = [stage.queue.world, stage.locks.world];
    const coming = worlds.flatMap((world) => states.flatMap((state) => lineOf(world, state)))
      .map(({ at }) => at).filter((ms) => ms * 1000 > stage.nowUs).sort((a, b) => a - b);
    stage.nowUs = Math.max(stage.nowUs, ((coming[which] ?? 0) + offMs) * 1000);
  },
};

function call(
  { queue }: Stage,
  script: Sent["script"],
  args: Values,
  rows: readonly Values[] = [],
): Sent {
  return { place: queue, script, args, rows };
}

function turn(stage: Stage, args: Values, rows: readonly Values[] = []): Sent {
  return call(stage, "settleAndClaim", args, rows);
}

function sweep(stage: Stage, args: Values): Sent {
  const usual = {
    dead: "",
    cause: "",
    leaseMs: 10_000,
    graceMs: 500,
    everyMs: 25,
    quietMs: -1,
    steady: 1,
  };
  return call(stage, "sweep", { ...usual, ...args });
}

/** A worker continues to beat, but not for its present tasks, until their lease is over. */
function stall(stage: Stage, worker: string): void {
  const args = { worker, says: "{}", knows: "", obeyed: "", leaseMs: 10_000, traces: "" };
  for (let i = 0; i < 2; i++) {
    stage.send(call(stage, "heartbeat", args));
    stage.nowUs += 5_000_000;
    stage.send(sweep(stage, {}));
  }
}

function settling(
  { claim }: Stage,
  { claim: back, ...row }: SettleStep,
): Values & { readonly id: string } {
  return { ...claim(back), ...row, error: row.text, name: "settled" };
}

/** The arguments of a turn that claims nothing. */
function settleOnly(worker: string, nonce: string): Values {
  const nothing = { slots: 0, spare: 0, empty: 0, relief: 0, traces: "" };
  return { worker, nonce, call: "0", leaseMs: 10_000, ...nothing };
}

/** The first holder of all stands for the present holder of the lock, if any. */
/** The time at which a task died, or another one; as text. */
function deathOf(stage: Stage, n: number, which: "its" | "another"): string {
  const task = stage.queue.world.tasks.get(stage.task(n).id);
  return String((task?.at ?? 0) + (which === "its" ? 0 : 1));
}

function ofLock({ locks }: Stage, { lock, holder }: { lock: number; holder: number }) {
  const id = local("lock", lock);
  const nonce = holder === 0 && locks.world.tasks.get(id)?.nonce || local("holder", holder);
  return { id, nonce };
}

function unique<R extends { readonly id: string }>(rows: readonly R[]): R[] {
  return rows.filter(({ id }, i) => rows.findIndex((each) => each.id === id) === i);
}
