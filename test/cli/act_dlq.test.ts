/**
 * Commands on dead tasks: releasing them, at once or with care, and deleting them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rlTask, type TaskHandle } from "../../mod.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { temporary } from "../support/server.ts";

/** The handler fails while this is true. */
let broken = true;
const charge = rlTask("act-charge", { retry: 1 }, (n: number) => {
  if (broken && n >= 0) throw new TypeError(`card ${n} declined`);
  return n;
});

/** Runs `rl` on the Redis of a test. */
function on({ url, prefix }: Lab, stdin = ""): (...args: string[]) => Promise<RlResult> {
  return (...args) => rl(args, { url, prefix, stdin });
}

/** Makes dead tasks without a worker, one for each number. */
async function bury(
  lab: Lab,
  numbers: readonly number[],
  message = "declined",
): Promise<TaskHandle[]> {
  const handles = await lab.rl.apushMany(charge, numbers.map((n) => [n] as [number]));
  const { tasks } = await lab.moves.turn({ slots: numbers.length });
  const error = JSON.stringify({ name: "TypeError", message, stack: "" });
  const rows = tasks.map(({ id, nonce }) => ({
    ...{ id, nonce, error, event: "bury", ms: 0, partial: "", name: "act-charge" },
    text: "attempts",
  }));
  await lab.moves.turn({ rows });
  await lab.moves.crash("w1");
  return handles;
}

const deadIn = async (lab: Lab): Promise<number> => (await lab.queue.stats()).counts.dead;

test(
  "dead tasks are released by their ids, and others are not",
  withRelier(async (lab) => {
    const run = on(lab);
    const [one, two] = await bury(lab, [1, 2]);
    assert.equal((await run("dlq", "release", one!.id)).exit, 9);
    const dry = await run("dlq", "release", one!.id, "--dry-run");
    assert.match(dry.stdout, /would release 1 dead task of queue "default"/);
    assert.equal(await deadIn(lab), 2);
    const done = await run("dlq", "release", one!.id, "-y");
    assert.deepEqual([done.exit, done.stdout], [0, "released 1 task\n"]);
    const both = await run("dlq", "release", one!.id, two!.id, "-y", "--json");
    assert.equal(both.exit, 5);
    assert.deepEqual(both.lines(), [{ verb: "released", done: 1, missed: [one!.id] }]);
    assert.match(both.stderr, /it is ready/);
    assert.equal((await run("dlq", "release", `default~0~${"x".repeat(22)}`, "-y")).exit, 4);
  }),
);

test(
  "thousands are released by a filter, each once, and no other",
  withRelier(async (lab) => {
    const run = on(lab);
    for (let i = 0; i < 6; i++) await bury(lab, Array.from({ length: 200 }, (_, n) => n));
    const other = await lab.moves.push();
    await lab.moves.settle(await lab.moves.claim(), "bury", {
      text: "corrupt",
      name: "act-charge",
    });
    const where = "name=act-charge,error=TypeError: decl,reason=attempts";
    const done = await run("dlq", "release", "--where", where, "-y", "--json");
    assert.deepEqual(done.lines(), [{ verb: "released", done: 1200, missed: [] }]);
    const { counts } = await lab.queue.stats();
    assert.deepEqual([counts.ready, counts.dead], [1200, 1]);
    assert.equal((await lab.moves.facts(other)).state, "dead");
    const again = await run("dlq", "release", "--where", where, "-y", "--json");
    assert.deepEqual([again.exit, again.lines()], [0, [{ verb: "released", done: 0, missed: [] }]]);
  }),
);

test(
  "a group is released by the common part of its errors, commas and all",
  withRelier(async (lab) => {
    const run = on(lab);
    await bury(lab, [1], `card 4711, of "Ann", was declined`);
    await bury(lab, [2], `card 815, of "Bob", was declined`);
    await bury(lab, [3], "no bank answers");
    const [group] = (await run("dlq", "--json")).lines() as { like: string; count: number }[];
    assert.deepEqual([group!.count, group!.like], [2, "TypeError: card …, of …, was declined"]);
    const where = `name=act-charge,like=${group!.like},reason=attempts`;
    const done = await run("dlq", "release", "--where", where, "-y");
    assert.deepEqual([done.exit, done.stdout], [0, "released 2 tasks\n"]);
    assert.equal(await deadIn(lab), 1);
  }),
);

test(
  "a line that selects no tasks exits 2 and releases nothing",
  withRelier(async (lab) => {
    const run = on(lab);
    const [one] = await bury(lab, [1]);
    const bad: [string[], RegExp][] = [
      [[], /Cannot choose tasks.*\n.*--all or --where/],
      [["--queue", "default"], /Cannot choose tasks/],
      [[one!.id, "--all"], /ids together/],
      [[one!.id, "--queue", "default"], /ids together/],
      [["--all", "--where", "name=x"], /--all and --where/],
      [["--where", "nam=x"], /--where "nam=x".*\n.*name/],
      [["--where", "x"], /not a condition/],
      [["--all", "--canary", "0"], /--canary "0"/],
      [["--all", "--rate", "5"], /not a rate/],
      [["--all", "--max-failures", "5"], /--rate/],
      [["--all", "--payload", "{"], /--payload "\{"/],
      [["--all", "--edit", "no-such-file"], /--edit "no-such-file"/],
      [["--all", "--edit", "a", "--payload", "1"], /together/],
      [["--all", "--module", "a.mjs"], /without a payload/],
    ];
    for (const [args, says] of bad) {
      const { exit, stderr } = await run("dlq", "release", ...args, "-y");
      assert.equal(exit, 2, `${args}: ${stderr}`);
      assert.match(stderr, says);
    }
    assert.equal(await deadIn(lab), 1);
  }),
);

test(
  "after a canary that completes the rest follows, after one that fails again it does not",
  withRelier(async (lab) => {
    const run = on(lab);
    await bury(lab, Array.from({ length: 12 }, (_, i) => i));
    const alone = await run("dlq", "release", "--all", "--canary", "5", "-y");
    assert.equal(alone.exit, 5);
    assert.match(alone.stderr, /it has no live worker/);
    assert.equal(await deadIn(lab), 12);

    broken = true;
    await lab.worker({}, lab.client({ tasks: [charge] }));
    const failed = await run("dlq", "release", "--all", "--canary", "5", "-y");
    assert.equal(failed.exit, 1, failed.stderr);
    assert.match(failed.stderr, /releasing 5 of 12 as canary/);
    assert.match(failed.stderr, /failed again.*\n.*5 released, 0 completed, 7 left dead/);
    assert.equal((await lab.queue.stats()).events["release"], 5);

    broken = false;
    const done = await run("dlq", "release", "--all", "--canary", "5", "-y", "--timeout", "10s");
    assert.equal(done.exit, 0, done.stderr);
    assert.match(done.stderr, /5 completed/);
    assert.match(done.stdout, /released 12 tasks/);
  }),
);

test(
  "a ramp keeps to its rate, and stops when too many fail again",
  withRelier(async (lab) => {
    const run = on(lab);
    await bury(lab, Array.from({ length: 8 }, () => -1));
    await lab.worker({}, lab.client({ tasks: [charge] }));
    const start = performance.now();
    const done = await run("dlq", "release", "--all", "--rate", "10/s", "-y");
    assert.equal(done.exit, 0, done.stderr);
    assert.ok(performance.now() - start >= 690, "seven gaps of 100 ms");
    assert.match(done.stdout, /released 8 tasks/);

    broken = true;
    const handles = await lab.rl.apushMany(charge, Array.from({ length: 40 }, (_, i) => [i]));
    await Promise.allSettled(handles.map((each) => each.result()));
    const ramp = ["--rate", "20/s", "--max-failures", "2", "-y"];
    const stopped = await run("dlq", "release", "--all", ...ramp);
    assert.equal(stopped.exit, 1);
    assert.match(stopped.stderr, /Cannot continue: \d+ tasks failed again/);
    assert.ok((await lab.queue.stats()).events["release"]! < 8 + 30, "the rest was left alone");
  }),
);

test(
  "a dead task is released with another payload, which its module checks first",
  withRelier(async (lab) => {
    const run = on(lab);
    const folder = temporary();
    const [one, two] = await bury(lab, [1, 2]);
    writeFileSync(join(folder, "fixed.json"), '[{"n": 7}]');
    assert.equal((await run("dlq", "release", one!.id, "--payload", "[5]", "-y")).exit, 0);
    assert.deepEqual((await lab.queue.inspect(one!.id)).payload, [5]);
    const file = join(folder, "fixed.json");
    assert.equal((await run("dlq", "release", two!.id, "--edit", file, "-y")).exit, 0);
    assert.deepEqual((await lab.queue.inspect(two!.id)).payload, [{ n: 7 }]);
  }),
);

test(
  "a payload that does not fit the schema of a module is not released",
  withRelier(async (lab) => {
    const run = on(lab);
    const folder = temporary();
    const [one] = await bury(lab, [1]);
    const module = join(folder, "tasks.mjs");
    const imports = [new URL("../../mod.ts", import.meta.url).href, import.meta.resolve("valibot")];
    writeFileSync(
      module,
      `import { rlTask } from ${JSON.stringify(imports[0])};
       import * as v from ${JSON.stringify(imports[1])};
       const input = v.object({ card: v.string() });
       export const charge = rlTask("act-charge", { input, replace: true }, () => 1);`,
    );
    const release = ["dlq", "release", one!.id, "-y", "--module", module, "--payload"];
    const bad = await run(...release, '{"card":5}');
    assert.equal(bad.exit, 1);
    assert.match(bad.stderr, /payload of "act-charge" at card/);
    assert.equal(await deadIn(lab), 1);
    assert.equal((await run(...release, '{"card":"x"}')).exit, 0);
    assert.deepEqual((await lab.queue.inspect(one!.id)).payload, { card: "x" });
  }),
);

test(
  "only dead tasks are deleted, whatever the command names",
  withRelier(async (lab) => {
    const run = on(lab);
    const [one] = await bury(lab, [1, 2, 3]);
    const done = await charge.apush(-1);
    await lab.moves.settle(await lab.moves.claim(), "complete", { text: "1" });
    const over = await run("dlq", "delete", done.id, "-y");
    assert.equal(over.exit, 5);
    assert.match(over.stderr, /it is completed/);
    assert.equal((await done.status()).state, "completed");
    assert.equal((await run("dlq", "delete", one!.id, "-y")).stdout, "deleted 1 task\n");
    assert.equal((await run("dlq", "delete", "--all")).exit, 9);
    assert.equal(await deadIn(lab), 2);
    assert.match((await run("dlq", "delete", "--all", "-y")).stdout, /deleted 2 tasks/);
    assert.equal(await deadIn(lab), 0);
  }),
);

test(
  "only tasks that have been dead for long are purged",
  withRelier(async (lab) => {
    const run = on(lab);
    const [old] = await bury(lab, [1, 2]);
    await lab.moves.age("dead", old!.id.slice(-22), -31 * 86_400_000);
    assert.equal((await run("dlq", "purge", "-y")).exit, 2, "it has to say how old");
    const dry = await run("dlq", "purge", "--older", "30d", "--dry-run");
    assert.match(dry.stdout, new RegExp(`would delete 1 dead task.*\n.*${old!.id}`));
    assert.match((await run("dlq", "purge", "--older", "30d", "-y")).stdout, /deleted 1 task/);
    await assert.rejects(old!.status(), { code: "RL_NOT_FOUND" });
    assert.equal(await deadIn(lab), 1);
  }),
);
