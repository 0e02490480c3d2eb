/**
 * Commands on tasks: a refused command changes nothing, and an executed one reports its
 * exact effect.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask } from "../../mod.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { temporary } from "../support/server.ts";
import { until } from "../support/until.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const add = rlTask("act-add", { queue: "sums" }, (a: number, b: number) => a + b);
const echo = rlTask("act-echo", (...args: unknown[]) => args);
const kept = rlTask("act-kept", { keepPayload: true }, (n: number) => n * 2);
const fails = rlTask("act-fails", { retry: 1 }, () => {
  throw new Error("no luck");
});

/** Runs `rl` on the Redis of a test. */
function on({ url, prefix }: Lab, stdin = ""): (...args: string[]) => Promise<RlResult> {
  return (...args) => rl(args, { url, prefix, stdin });
}

test(
  "a task is pushed by its name, with JSON for arguments that are JSON and text for others",
  withRelier(async (lab) => {
    const run = on(lab);
    const pushed = await run("tasks", "push", "act-echo", "world", "5", '{"a":1}', "{no");
    assert.equal(pushed.exit, 0, pushed.stderr);
    assert.match(pushed.stderr, /no worker of queue "default" knows task "act-echo" yet/);
    const { payload, taskVersion } = await lab.queue.inspect(pushed.stdout.trim());
    assert.deepEqual([payload, taskVersion], [["world", 5, { a: 1 }, "{no"], 1]);

    const quiet = await run("tasks", "push", "act-echo", "--json-args", "[null]", "-q");
    assert.deepEqual((await lab.queue.inspect(quiet.stdout.trim())).payload, [null]);
    const input = await run("tasks", "push", "act-echo", "--input", '{"b":2}', "--json");
    assert.deepEqual((await lab.queue.inspect(input.lines()[0].id)).payload, { b: 2 });
  }),
);

test(
  "every option of a push arrives",
  withRelier(async (lab) => {
    const run = on(lab);
    const options = ["--delay", "1h", "--priority", "7", "--tenant", "acme", "--key", "k1"];
    const first = await run("tasks", "push", "act-echo", ...options, "--queue", "q2", "--json");
    const [{ id, outcome }] = first.lines();
    assert.equal(outcome, "created");
    const { state, facts, dueAt } = await lab.rl.queue("q2").inspect(id);
    assert.deepEqual([state, facts["priority"], facts["tenant"]], ["scheduled", "7", "acme"]);
    assert.ok(dueAt!.getTime() > Date.now() + 3_500_000);
    const again = await run("tasks", "push", "act-echo", ...options, "--queue", "q2");
    assert.match(again.stdout, /joined: the task existed already/);
    const at = await run("tasks", "push", "act-echo", "--at", "2031-01-31T09:00:00Z", "--json");
    const due = (await lab.queue.inspect(at.lines()[0].id)).dueAt!;
    assert.equal(due.toISOString(), "2031-01-31T09:00:00.000Z");
  }),
);

test(
  "a finished task runs again if its payload is kept; else 5, and nothing is pushed",
  withRelier(async (lab) => {
    const run = on(lab);
    await lab.worker({}, lab.client({ tasks: [kept, echo] }));
    const [first, gone] = await Promise.all([kept.apush(4), echo.apush(1)]);
    await Promise.all([first.result(), gone.result()]);
    const again = await run("tasks", "run-again", first.id, "--json");
    assert.equal(again.exit, 0, again.stderr);
    const [{ id, of }] = again.lines();
    assert.equal(of, first.id);
    assert.equal(await lab.rl.handle(id).result(), 8);
    const refused = await run("tasks", "run-again", gone.id);
    assert.equal(refused.exit, 5);
    assert.match(refused.stderr, /payload was dropped.*RL_CONFLICT[^]*keepPayload: true/);
    assert.equal((await lab.queue.stats()).events["created"], 3);
  }),
);

test(
  "--wait prints the result, 6 means a timeout, 1 a dead task",
  withRelier(async (lab) => {
    const run = on(lab);
    await lab.worker({ queues: ["sums", "default"] }, lab.client({ tasks: [add, fails] }));
    const sum = await run("tasks", "push", "act-add", "2", "3", "--queue", "sums", "--wait");
    assert.deepEqual([sum.exit, sum.stdout], [0, "5\n"], sum.stderr);
    const dead = await run("tasks", "push", "act-fails", "--wait");
    assert.deepEqual([dead.exit, dead.stdout], [1, ""]);
    assert.match(dead.stderr, /is dead \(attempts\): no luck/);
    const late = await run(
      "tasks",
      "push",
      "nobody-knows",
      "--queue",
      "idle",
      "--wait",
      "--timeout",
      "200ms",
    );
    assert.equal(late.exit, 6, late.stderr);
    assert.equal((await lab.rl.queue("idle").stats()).counts.ready, 1, "the task stays");
  }),
);

test(
  "a thousand are pushed at the given rate, and a refusal reports how many were admitted",
  withRelier(async (lab) => {
    const run = on(lab);
    const many = await run("tasks", "push", "act-echo", "--count", "1000", "-q");
    assert.equal(new Set(many.stdout.trim().split("\n")).size, 1000);
    const start = performance.now();
    await run("tasks", "push", "act-echo", "--count", "11", "--rate", "20/s", "--queue", "slow");
    assert.ok(performance.now() - start >= 480, "ten gaps of 50 ms");
    assert.equal((await lab.rl.queue("slow").stats()).counts.ready, 11);
    await lab.queue.limit({ maxDepth: 1_100 });
    const full = await run("tasks", "push", "act-echo", "--count", "500");
    assert.equal(full.exit, 1);
    assert.match(full.stderr, /Cannot push to queue "default": it is full \[RL_ADMISSION\]/);
    assert.equal((await lab.queue.stats()).counts.ready, 1_100);
  }),
);

test(
  "with its module a task is checked before the push",
  withRelier(async (lab) => {
    const folder = temporary();
    const mod = JSON.stringify(new URL("../../mod.ts", import.meta.url).href);
    const file = join(folder, "tasks.mjs");
    writeFileSync(
      file,
      `import { rlTask } from ${mod};
       import * as v from ${JSON.stringify(import.meta.resolve("valibot"))};
       const input = v.object({ id: v.number() });
       export const strict = rlTask("act-strict", { input, queue: "strict", version: 3, replace: true }, () => 1);`,
    );
    const run = on(lab);
    const push = ["tasks", "push", "act-strict", "--module", file, "--input"];
    const bad = await run(...push, '{"id":"x"}');
    assert.equal(bad.exit, 1);
    assert.match(bad.stderr, /Cannot accept the payload of "act-strict" at id.*\[RL_VALIDATION\]/);
    const good = await run(...push, '{"id":5}', "--json");
    const task = await lab.rl.queue("strict").inspect(good.lines()[0].id);
    assert.deepEqual([task.payload, task.taskVersion], [{ id: 5 }, 3]);
    const other = await run("tasks", "push", "nope", "--module", file);
    assert.equal(other.exit, 2);
    assert.match(other.stderr, /Cannot find task "nope".*\n.*it exports "act-strict"/);
    assert.equal((await run("tasks", "push", "x", "--module", "./gone.mjs")).exit, 2);
  }),
);

test(
  "an invalid push exits 2, names the reason, and pushes nothing",
  withRelier(async (lab) => {
    const run = on(lab);
    const bad: [string[], RegExp][] = [
      [["--json-args", "{"], /--json-args "\{"/],
      [["--json-args", '{"a":1}'], /it is not a list/],
      [["--input", "nope"], /--input "nope".*\n.*single quotes/],
      [["1", "--input", "2"], /together/],
      [["--delay", "1s", "--at", "2031-01-01"], /--delay and --at/],
      [["--at", "soon"], /--at "soon": it is not a date/],
      [["--priority", "101"], /--priority "101".*0 to 100/],
      [["--count", "0"], /--count "0"/],
      [["--rate", "5/s"], /--rate alone/],
      [["--count", "5", "--rate", "fast"], /--rate "fast": it is not a rate/],
      [["--count", "5", "--key", "k"], /--key and --count/],
      [["--count", "5", "--wait"], /--wait and --count/],
      [["--tenant", "x".repeat(200)], /"tenant".*1 to 128/],
    ];
    for (const [args, says] of bad) {
      const { exit, stderr, stdout } = await run("tasks", "push", "act-echo", ...args);
      assert.deepEqual([exit, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, says);
    }
    const name = await run("tasks", "push", "no name");
    assert.deepEqual([name.exit, name.stdout], [2, ""], name.stderr);
    assert.deepEqual(await lab.tasks(), {});
  }),
);

test(
  "wait and result print the result of a task, or the reason why there is none",
  withRelier(async (lab) => {
    const run = on(lab);
    const waiting = await lab.rl.apush(echo, 1);
    const early = await run("tasks", "result", waiting.id);
    assert.equal(early.exit, 5);
    assert.match(early.stderr, /it is ready.*\n.*rl tasks wait/);
    assert.equal((await run("tasks", "wait", waiting.id, "--timeout", "100ms")).exit, 6);
    await lab.worker({}, lab.client({ tasks: [echo, fails] }));
    // The local part of an id may start with a dash.
    const waited = await run("tasks", "wait", "--json", "--", waiting.id.slice(10, 20));
    assert.deepEqual(waited.lines(), [{ id: waiting.id, result: [1] }]);
    assert.equal((await run("tasks", "result", waiting.id)).stdout, "[1]\n");
    const dead = await lab.rl.apush(fails);
    assert.equal((await run("tasks", "wait", dead.id)).exit, 1);
    assert.equal((await run("tasks", "result", `default~0~${"x".repeat(22)}`)).exit, 4);
  }),
);

test(
  "tasks are cancelled by their ids, and finished ones are not",
  withRelier(async (lab) => {
    const run = on(lab);
    const [one, two] = [await lab.rl.apush(echo, 1), await lab.rl.apush(echo, 2)];
    const asked = await run("tasks", "cancel", one.id);
    assert.equal(asked.exit, 9);
    assert.equal((await one.status()).state, "ready");
    const done = await run("tasks", "cancel", one.id, "--yes", "--reason", "not needed");
    assert.deepEqual([done.exit, done.stdout], [0, "cancelled 1 task\n"]);
    assert.equal((await one.status()).reason, "not needed");
    await lab.moves.settle(await lab.moves.claim(), "bury");
    const over = await run("tasks", "cancel", two.id, "--yes");
    assert.equal(over.exit, 5);
    assert.match(over.stderr, /it is dead/);
    assert.equal((await run("tasks", "cancel", `default~0~${"x".repeat(22)}`, "-y")).exit, 4);
  }),
);

test(
  "tasks are cancelled by a filter: shown first, then exactly those",
  withRelier(async (lab) => {
    const run = on(lab);
    await echo.apushMany(Array.from({ length: 450 }, (_, i) => [i]));
    await echo.with({ delay: "1h" }).apush(1);
    await echo.with({ queue: "other" }).apush(1);
    await fails.apush();
    const like = ["--queue", "default", "--state", "ready", "--name", "act-echo"];
    const before = await lab.tasks();
    const dry = await run("tasks", "cancel", ...like, "--dry-run");
    assert.equal(dry.exit, 0);
    assert.match(dry.stdout, /would cancel 450 tasks of queue "default"/);
    assert.equal((await run("tasks", "cancel", ...like)).exit, 9);
    assert.equal((await run("tasks", "cancel", ...like, "--env", "production", "-y")).exit, 9);
    assert.deepEqual(await lab.tasks(), before);
    const done = await run(
      "tasks",
      "cancel",
      ...like,
      "--env",
      "production",
      "--confirm",
      "default",
      "--json",
    );
    assert.deepEqual(done.lines(), [{ verb: "cancelled", done: 450, missed: [] }]);
    const { counts } = await lab.queue.stats();
    assert.deepEqual([counts.cancelled, counts.ready, counts.scheduled], [450, 1, 1]);

    for (const line of [[], [...like, "abcd"], ["--state", "dead"], ["--queue", "nowhere"]]) {
      const { exit, stderr } = await run("tasks", "cancel", ...line, "--yes");
      assert.equal(exit, line.includes("nowhere") ? 4 : 2, stderr);
    }
    assert.equal((await lab.queue.stats()).counts.ready, 1);
  }),
);

test(
  "a scheduled task is retried now, a dead one is released, any other is left alone",
  withRelier(async (lab) => {
    const run = on(lab);
    const later = await echo.with({ delay: "1h" }).apush(1);
    const now = await run("tasks", "retry", later.id, "--json");
    assert.deepEqual(now.lines(), [{ id: later.id, was: "scheduled" }]);
    await lab.moves.settle(await lab.moves.claim(), "bury");
    assert.match((await run("tasks", "retry", later.id)).stdout, /is ready \(it was dead\)/);
    const ready = await run("tasks", "retry", later.id);
    assert.equal(ready.exit, 5);
    assert.match(ready.stderr, /it is ready.*\n.*waits for a free worker/);
    await lab.moves.settle(await lab.moves.claim(), "complete");
    assert.equal((await run("tasks", "retry", later.id)).exit, 5);
    assert.equal((await run("tasks", "retry", "zzzz")).exit, 4);
  }),
);

test(
  "a task goes to its own queue, which the workers report, unless another is named",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxDepth: 9 });
    const tasks = [{ name: "act-report", version: 1, queue: "reports" }];
    await lab.moves.beat("w1", [], "", "", tasks);
    const run = on(lab);
    const own = await run("tasks", "push", "act-report", "may");
    assert.match(own.stdout, /^reports~0~/);
    const named = await run("tasks", "push", "act-report", "may", "--queue", "mails");
    assert.match(named.stdout, /^mails~0~/);
    assert.match(named.stderr, /no worker of queue "mails" knows/);
    assert.match((await run("tasks", "push", "act-unknown")).stdout, /^default~0~/);
  }),
);

test(
  "finished tasks are deleted on request, dead and waiting ones are not",
  withRelier(async (lab) => {
    const run = on(lab);
    const events = ["complete", "bury"] as const;
    for (const event of events) {
      await echo.apush(1);
      await lab.moves.settle(await lab.moves.claim(), event);
    }
    await (await echo.apush(2)).cancel();
    const kept = await echo.apush(3);
    const old = await run("tasks", "purge", "--older", "1h", "--yes", "--json");
    assert.deepEqual(old.lines(), [{ verb: "deleted", done: 0, missed: [] }]);
    assert.equal((await run("tasks", "purge", "--state", "dead", "--yes")).exit, 2);
    assert.equal((await run("tasks", "purge")).exit, 9);
    assert.equal(
      (await run("tasks", "purge", "--state", "cancelled", "-y")).stdout,
      "deleted 1 task\n",
    );
    assert.equal((await run("tasks", "purge", "-y")).stdout, "deleted 1 task\n");
    const { counts } = await lab.queue.stats();
    assert.deepEqual([counts.completed, counts.cancelled, counts.dead, counts.ready], [0, 0, 1, 1]);
    assert.equal((await kept.status()).state, "ready");
  }),
);

test(
  "Ctrl-C in the middle of a slow push reports the number of pushed tasks",
  withRelier(async (lab) => {
    const { url, prefix } = lab;
    const line = ["tasks", "push", "act-echo", "--count", "1000", "--rate", "20/s"];
    let send: (signal: "SIGINT") => void = () => {};
    const running = rl(line, { url, prefix, started: (sender) => send = sender });
    await until("some are pushed", async () => (await lab.queue.stats()).counts.ready >= 3);
    send("SIGINT");
    const { exit, stderr } = await running;
    assert.equal(exit, 130);
    assert.match(stderr, /at least \d+ of 1,000 tasks pushed/);
  }),
);
