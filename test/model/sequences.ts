/**
 * Sequences of steps, as fast-check makes them up.
 *
 * @module
 */

import fc from "fast-check";
import type { BeatStep, PushStep, RestoreStep, SettleStep, Step, StepKinds } from "./steps.ts";

/** A value that is usual, and sometimes one of the others. */
function mostly<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

function few<T>(each: fc.Arbitrary<T>, most = 3): fc.Arbitrary<T[]> {
  return fc.array(each, { minLength: 1, maxLength: most });
}

/** Delays are short or long, so that time gets to both ends of them. */
const moment = fc.constantFrom(0, 1, 99, 100, 250, 1000, 10_000, 3_600_000);
const task = fc.nat(4);
const worker = fc.constantFrom("w1", "w2", "w3");
const leaseMs = fc.constantFrom(1000, 10_000, 10_000, 3_600_000);
/** The last claims are most often held. */
const claim = fc.oneof(
  { weight: 5, arbitrary: fc.nat(2) },
  { weight: 1, arbitrary: fc.nat(9) },
);
const traces = mostly("", "1:t1", "2:t2", "1:t3 2:t4");
const lock = { lock: fc.nat(1), holder: fc.nat(2) };

const pushed: fc.Arbitrary<PushStep> = fc.record({
  task,
  delayMs: mostly(0, 0, 1, 250, 10_000),
  atMs: mostly(0, -1000, 250),
  priority: mostly(0, 1, 50, 100),
  print: mostly("", "a", "b"),
  limit: mostly("", "0", "1", "2"),
  tenant: mostly("", "acme", "beta"),
  payload: fc.nat(3),
});

const settled: fc.Arbitrary<SettleStep> = fc.record({
  claim,
  event: fc.constantFrom("complete", "complete", "retry", "bury", "defer", "handoff", "stop"),
  ms: moment,
  text: fc.constantFrom("", "why", '{"done":true}'),
  partial: mostly("", '{"at":2}'),
});

const shown: fc.Arbitrary<BeatStep> = fc.record({
  claim,
  started: mostly(1, 0),
  progress: mostly("", "50"),
  remark: mostly("", "half"),
  partial: mostly("", '{"at":1}'),
});

const restored: fc.Arbitrary<RestoreStep> = fc.record({
  task,
  agoMs: moment,
  priority: mostly(0, 7),
  print: mostly("", "a"),
  limit: mostly("", "1"),
  tenant: mostly("", "acme"),
  failures: fc.nat(1),
  crashes: fc.nat(1),
  stalls: fc.nat(1),
  reason: mostly("crashes", ""),
  error: mostly("", "boom"),
  history: mostly("", "1 w1 2 SIGKILL\n3 w2 4 lost claim\n"),
  tried: fc.nat(1),
  partial: mostly("", "half"),
  steps: mostly("", "charge\n1\n", "charge\n\nmail\n2\n"),
});

/** The limits a producer brings. */
const own = mostly("", "depth=2", "tenant=1", "age=250", "rate=1/1000/2/queue depth=3");
const rate = ["1/1000/1/queue", "2/1000/2/queue", "1/250/1/tenant", "2/10000/3/tenant"];
const limited = fc.oneof(
  ...Object.entries({
    depth: ["1", "2", "4", ""],
    age: ["100", "1000", ""],
    tenant: ["1", "2", ""],
    concurrency: ["1", "2", "3", ""],
    rate: [...rate, ""],
  }).map(([name, values]) =>
    fc.record({ name: fc.constant(name), value: fc.constantFrom(...values) })
  ),
);

/** Every kind of step: how often it comes, and what it is made of. */
const kinds: {
  readonly [K in keyof StepKinds]: readonly [
    weight: number,
    parts: { readonly [P in keyof StepKinds[K]]: fc.Arbitrary<StepKinds[K][P]> },
  ];
} = {
  push: [14, {
    rows: fc.oneof({ weight: 2, arbitrary: few(pushed, 1) }, few(pushed)),
    own,
    parent: mostly<number | null>(null, null, null, 0, 1),
  }],
  admit: [3, { own, tenant: fc.constantFrom("", "acme", "beta"), cost: fc.constantFrom(1, 2, 3) }],
  turn: [14, {
    worker,
    call: mostly("0", "1"),
    slots: fc.constantFrom(1, 1, 2, 3, 0),
    spare: mostly(0, 1),
    leaseMs,
    empty: mostly(1, 0),
    relief: mostly(0, 0, 1),
    traces,
    rows: fc.oneof(fc.constant([]), few(settled, 2)),
  }],
  settle: [8, { row: settled, traces }],
  beat: [4, {
    worker,
    rows: fc.array(shown, { maxLength: 2 }),
    stuck: fc.constantFrom(0, 0, 1),
    claiming: mostly(1, 0),
    leaseMs,
    traces,
  }],
  renew: [1, { worker, leaseMs, rows: fc.array(task, { maxLength: 1 }) }],
  step: [3, {
    claim,
    name: fc.constantFrom("a", "b"),
    value: fc.constantFrom("1", "2"),
    limit: mostly(1000, 1),
  }],
  cancel: [4, { task, reason: fc.constantFrom("asked", "again"), keepMs: moment }],
  sweep: [4, { leaseMs }],
  evict: [4, { worker: fc.nat(3), cause: fc.constantFrom("SIGKILL", "oom"), leaseMs }],
  crash: [3, { worker, times: fc.constantFrom(1, 2, 2), stalls: mostly(false, true) }],
  release: [3, {
    tasks: few(task),
    envelope: mostly("", '{"v":1,"name":"edited"}'),
    observed: fc.constantFrom(0, 1),
  }],
  promote: [2, { tasks: few(task) }],
  discard: [2, { tasks: few(task) }],
  restore: [1, { rows: few(restored, 2) }],
  pause: [1, {
    field: fc.constantFrom("paused", "closed"),
    reason: fc.constantFrom("why", "because"),
  }],
  resume: [2, {}],
  limit: [2, { rows: few(limited, 2) }],
  poll: [2, { tasks: few(task), channel: mostly("@c1", "@c2", "") }],
  hear: [1, {}],
  lock: [3, { ...lock, leaseMs }],
  unlock: [1, lock],
  keep: [2, { ...lock, ms: moment }],
  echo: [3, { back: fc.nat(6) }],
  wait: [3, { ms: moment }],
  due: [8, { which: mostly(0, 1, 2), offMs: fc.constantFrom(-1, 0, 0, 1) }],
};

type Kind = keyof StepKinds;

/** Steps of some kinds, up to the room left. */
function stepsOf(names: readonly Kind[]): fc.Arbitrary<Step[]> {
  const step = fc.oneof(...names.map((name) => {
    const [weight, parts] = kinds[name];
    const made = { do: fc.constant(name), lost: mostly(false, true), ...parts };
    return { weight, arbitrary: fc.record(made) };
  }));
  return fc.array(step as fc.Arbitrary<unknown> as fc.Arbitrary<Step>, {
    maxLength: 40,
    size: "max",
  });
}

/** Sequences of steps in a queue or with locks, from the start. */
export const sequences: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 15, arbitrary: stepsOf(Object.keys(kinds) as Kind[]) },
  { weight: 1, arbitrary: stepsOf(["lock", "unlock", "keep", "echo", "wait", "due"]) },
);
