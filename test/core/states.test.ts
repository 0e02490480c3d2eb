/**
 * Every event in every state, derived from the table of states. The listed events
 * happen, and all others change nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomLocal } from "../../core/protocol/task_id.ts";
import {
  isFinal,
  states,
  type TaskState,
  type TransitionName,
  transitions,
} from "../../core/states.ts";
import { engineName } from "../support/engines.ts";
import type { Moves, Settle } from "../support/moves.ts";
import { type Dump, type Lab, withRelier } from "../support/relier.ts";

/** A task that was put into a state, and the last nonce that held it. */
interface Subject {
  readonly id: string;
  readonly nonce: string;
}

const far = 3_600_000;
const byHand = [{ name: "by-hand", version: 1 }];

/** The real moves that lead to each state. A worker that is presumed dead still has its nonce. */
const reach: Record<TaskState | "nothing", (m: Moves, event: TransitionName) => Promise<Subject>> =
  {
    nothing: () => Promise.resolve({ id: randomLocal(), nonce: randomLocal() }),
    async ready(m) {
      const subject = await reach.scheduled(m, "promote");
      await m.age("scheduled", subject.id, -1);
      await m.sweep();
      return subject;
    },
    async scheduled(m, event) {
      await m.push();
      const subject = await m.claim();
      if (event === "claim") {
        await m.settle(subject, "defer", { needs: "by-hand 1" });
        await m.beat("w2", [], "", "", byHand);
        return subject;
      }
      await m.crash("w1");
      await m.age("scheduled", subject.id, far);
      return subject;
    },
    async running(m, event) {
      await m.push({ limit: event === "abandon" ? "0" : "" });
      if (event === "withdraw") {
        const subject = await m.claim();
        await m.cancel(subject.id);
        return subject;
      }
      if (event !== "quarantine") return await m.claim();
      const { id } = await m.claim();
      await m.crash("w1");
      await m.age("scheduled", id, -1);
      await m.sweep();
      return await m.claim();
    },
    async quarantined(m) {
      const subject = await reach.running(m, "quarantine");
      await m.crash("w1");
      await m.age("quarantined", subject.id, far);
      return subject;
    },
    async completed(m) {
      await m.push();
      const subject = await m.claim();
      await m.settle(subject, "complete", { ms: far, text: '"done"' });
      return { ...subject, nonce: randomLocal() };
    },
    async dead(m) {
      await m.push();
      const subject = await m.claim();
      await m.settle(subject, "bury", { text: "attempts" });
      return { ...subject, nonce: randomLocal() };
    },
    async cancelled(m) {
      const id = await m.push();
      await m.cancel(id);
      return { id, nonce: randomLocal() };
    },
  };

const settle = (event: Settle) => (m: Moves, subject: Subject): Promise<unknown> =>
  m.settle(subject, event, { text: "settled" });
const crash = (m: Moves): Promise<unknown> => m.crash("w1");
/** The death that a push replaces, which it has seen. */
const deathOf = async (m: Moves, id: string): Promise<string> =>
  `${(await m.facts(id)).score ?? "0"} ${randomLocal()}`;

/** Damages a task that is not final, and makes the calls that meet it. */
async function spoil(m: Moves, { id }: Subject): Promise<void> {
  const { state } = await m.facts(id);
  if (state !== "" && !isFinal(state)) await m.spoil(id);
  await m.turn({ worker: "w2", slots: 1 });
  await m.crash("w1");
}

/** A call for each event, and its preconditions: a due time, a lease, a retention. */
const tries: Record<
  TransitionName,
  { fire(m: Moves, subject: Subject): Promise<unknown>; due?: readonly TaskState[] }
> = {
  push: {
    fire: async (m, { id }) => m.push({ id, death: await deathOf(m, id) }),
    due: ["completed"],
  },
  schedule: {
    fire: async (m, { id }) => m.push({ id, death: await deathOf(m, id), delayMs: far }),
    due: ["completed"],
  },
  promote: { fire: (m) => m.sweep(), due: ["scheduled"] },
  claim: { fire: (m) => m.turn({ worker: "w2", slots: 1 }), due: ["quarantined"] },
  beat: { fire: (m, subject) => m.beat("w1", [subject]) },
  complete: { fire: settle("complete") },
  retry: { fire: settle("retry") },
  bury: { fire: settle("bury") },
  defer: {
    async fire(m, subject) {
      await settle("defer")(m, subject);
      await m.beat("w2", [], "", "", byHand);
      await m.beat("ignorant", [], "", "", []);
      await m.turn({ worker: "ignorant", slots: 1 });
    },
  },
  handoff: { fire: settle("handoff") },
  stop: { fire: settle("stop") },
  resurrect: { fire: crash },
  quarantine: { fire: crash },
  abandon: { fire: crash },
  condemn: { fire: spoil, due: ["scheduled", "quarantined"] },
  release: { fire: (m, { id }) => m.release([id]) },
  cancel: { fire: (m, { id }) => m.cancel(id) },
  withdraw: { fire: crash },
  lock: { fire: (m, { id, nonce }) => m.lock(id, nonce), due: ["completed"] },
  unlock: { fire: (m, { id, nonce }) => m.unlock(id, nonce) },
  purge: { fire: (m) => m.sweep(), due: ["completed", "cancelled"] },
  discard: { fire: (m, { id }) => m.discard([id]) },
  restore: { fire: (m, { id }) => m.restore({ id }) },
};

for (const event of Object.keys(tries) as TransitionName[]) {
  for (const from of ["nothing", ...Object.keys(states)] as (TaskState | "nothing")[]) {
    const row = transitions.find((each) => each.on === event && (each.from ?? "nothing") === from);
    // The same Lua refuses the same on both engines: on the second, the listed events are enough.
    if (!row && engineName === "memory") continue;
    const title = row
      ? `${event} moves a task from ${from} to ${row.to ?? "nothing"}`
      : `${event} changes nothing of a task that is ${from}`;
    test(
      title,
      withRelier(async (lab) => {
        const { moves } = lab;
        const subject = await reach[from](moves, event);
        assert.equal((await moves.facts(subject.id)).state || "nothing", from, "the set-up");
        const { fire, due = [] } = tries[event];
        if (from !== "nothing" && due.includes(from)) await moves.age(from, subject.id, -1);
        const before = await lab.tasks();
        await fire(moves, subject);
        const { state } = await moves.facts(subject.id);
        assert.equal(state || "nothing", row ? row.to ?? "nothing" : from);
        if (row) await movedOnce(lab, subject.id, row.to);
        else assert.deepEqual(changed(before, await lab.tasks()), remark(event, from));
      }),
    );
  }
}

/** The only record of a task that does not move: the stop request of a running one. */
function remark(event: TransitionName, from: TaskState | "nothing"): string[] {
  return event === "cancel" && from === "running" ? ["{default~0}:record"] : [];
}

/** The keys that have changed. */
function changed(before: Dump, after: Dump): string[] {
  return Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
}

/** Checks that a task is a member of one state at most, whatever its record says. */
async function movedOnce({ redis, key }: Lab, id: string, to: TaskState | null): Promise<void> {
  const found: string[] = [];
  for (const state of Object.keys(states) as TaskState[]) {
    if (await redis.zscore(key(state), id) !== null) found.push(state);
  }
  assert.deepEqual(found, to === null ? [] : [to]);
}
