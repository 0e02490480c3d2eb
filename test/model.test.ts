/**
 * The sequences that the model is checked with: they reach what there is. That
 * test/slow/model.test.ts checks that both engines and the model agree on them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { transitions } from "../core/states.ts";
import { play } from "./model/play.ts";
import { sequences } from "./model/sequences.ts";
import type { Move } from "./model/stage.ts";
import * as scripts from "./support/scripts.ts";

const plays = fc.sample(sequences, { numRuns: 1_000, seed: 1 })
  .map((steps) => play(steps, "model", 1_800_000_000_000_000));
const moves: readonly Move[] = plays.flat();

test("every event of the table of states happens", () => {
  const counted = new Set(moves.flatMap(({ held }) => Object.keys(held.numbers)));
  // The model damages nothing: test/core/recovery/damage.test.ts does.
  const events = [...new Set(transitions.map(({ on }) => on))].filter((on) => on !== "condemn");
  assert.deepEqual(events.filter((event) => !counted.has(`n:${event}`)), []);
  for (const limit of ["closed", "depth", "age", "tenant", "rate"]) {
    assert.ok(counted.has(`n:refused:${limit}`), limit);
  }
  for (const cause of ["SIGKILL", "presence", "lease", "stalled", "lost claim"]) {
    assert.ok(counted.has(`n:cause:${cause}`), cause);
  }
});

test("every script in play gives every reply that it knows", () => {
  const said = new Set(moves.map(({ script, answer }) => `${script} ${answer[0]}`));
  const played = new Set(moves.map(({ script }) => script));
  const missing = Object.entries(scripts).filter(([name]) => played.has(name as never))
    .flatMap(([name, { replies }]) => replies.map((word) => `${name} ${word}`))
    .filter((words) => !said.has(words) && !words.endsWith(" schema"))
    .filter((words) => words !== "step corrupt" && words !== "push plain");
  assert.deepEqual(missing, []);
});

test("every script that writes is in play", () => {
  const played = new Set<string>(moves.map(({ script }) => script));
  const writing = Object.entries(scripts).filter(([, { source }]) => source.includes("commit("));
  const missing = writing.map(([name]) => name).filter((name) => !played.has(name));
  // Operator actions, a registry of queues, a message to a worker, the channel of followers, what
  // collectors read, and what mends a broken Redis.
  assert.deepEqual(missing.sort(), [
    "commandWorker",
    "deleteQueue",
    "follow",
    "queueGauges",
    "recordAction",
    "registerQueue",
    "repair",
    "unregisterQueue",
  ]);
});

test("a call that is sent twice is recognized, and so is one that comes late", () => {
  assert.ok(moves.some(({ again }) => again));
  const late = plays.some((play) =>
    play.some(({ script, args, again }, i) =>
      !again && script === "settleAndClaim" &&
      play.slice(0, i).some((each) =>
        each.script === script && `${each.args}` === `${args}` &&
        args[2] !== "none0".padEnd(22, "_")
      )
    )
  );
  assert.ok(late);
});
