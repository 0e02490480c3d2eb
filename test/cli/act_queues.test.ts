/**
 * Commands on queues: pausing, emptying and limiting them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask } from "../../mod.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { until } from "../support/until.ts";

const work = rlTask("act-work", () => 1);

/** Runs `rl` on the Redis of a test. */
function on({ url, prefix }: Lab): (...args: string[]) => Promise<RlResult> {
  return (...args) => rl(args, { url, prefix });
}

/** Uses the queue `default`: commands act on queues that exist. */
async function use({ queue }: Lab): Promise<void> {
  await queue.pause("claims", "new");
  await queue.resume();
}

test(
  "no worker claims from a paused queue, a closed one takes nothing, and resume opens both",
  withRelier(async (lab) => {
    const run = on(lab);
    await use(lab);
    const paused = await run("queues", "pause", "default", "--reason", "SMTP is down");
    assert.deepEqual([paused.exit, paused.stdout], [
      0,
      'queue "default" is paused: workers claim no tasks\n',
    ]);
    assert.match(paused.stderr, /rl queues resume default/);
    const handle = await work.apush();
    assert.equal((await lab.moves.turn({ slots: 1 })).tasks.length, 0);
    await run("queues", "pause", "default", "--what", "pushes", "--reason", "moving");
    await assert.rejects(work.apush(), { reason: "closed" });
    const { paused: held } = await lab.queue.stats();
    assert.deepEqual(held, { claims: "SMTP is down", pushes: "moving" });
    const open = await run("queues", "resume", "default");
    assert.match(open.stdout, /open again \(it was paused: SMTP is down; moving\)/);
    await work.apush();
    assert.equal((await lab.moves.claim()).id, handle.id.slice(-22));
    assert.match((await run("queues", "resume", "default")).stdout, /already open/);
    assert.equal((await run("queues", "pause", "default", "--what", "all")).exit, 2);
    assert.equal((await run("queues", "pause", "no queue")).exit, 2);
  }),
);

test(
  "a drain refuses new tasks, shows the rest, and ends when none is left",
  withRelier(async (lab) => {
    const run = on(lab);
    const own = rlTask("act-drained", () => 1);
    await lab.rl.apushMany(own, Array.from({ length: 5 }, () => []));
    const late = await run("queues", "drain", "default", "--timeout", "300ms");
    assert.equal(late.exit, 6);
    assert.match(late.stderr, /5 tasks left \(ready 5\) {3}no live worker/);
    await assert.rejects(work.apush(), { reason: "closed" });
    const draining = run("queues", "drain", "default", "--timeout", "10s", "--json");
    await lab.worker({}, lab.client({ tasks: [own] }));
    const { exit, lines, stderr } = await draining;
    assert.equal(exit, 0);
    assert.deepEqual(lines().at(-1), { name: "default", drained: true });
    assert.match(stderr, /open it again with "rl queues resume default"/);
    await assert.rejects(work.apush(), { reason: "closed" });
  }),
);

test(
  "a drain that is left with Ctrl-C leaves the queue closed, and has printed how to open it",
  withRelier(async (lab) => {
    const { url, prefix, queue } = lab;
    await work.apush();
    let send: (signal: "SIGINT") => void = () => {};
    const draining = rl(["queues", "drain", "default"], {
      url,
      prefix,
      started: (sender) => send = sender,
    });
    await until("it is closed", async () => (await queue.stats()).paused.pushes !== null);
    send("SIGINT");
    const { exit, stderr } = await draining;
    assert.equal(exit, 130);
    assert.match(stderr, /rl queues resume default/);
    assert.equal((await queue.stats()).paused.pushes, "drained by rl");
  }),
);

test(
  "limits are set, shown, replaced and removed, one by one or all",
  withRelier(async (lab) => {
    const run = on(lab);
    await use(lab);
    const none = await run("queues", "limit", "default");
    assert.equal(none.stdout, 'queue "default" has no limits\n');
    const all = ["--rate", "100/1m", "--burst", "5", "--by", "tenant", "--depth", "10000"];
    const more = ["--age", "5m", "--tenant", "100", "--concurrency", "5"];
    const set = await run("queues", "limit", "default", ...all, ...more);
    assert.deepEqual(set.stdout.split("\n"), [
      'queue "default" is limited',
      "  100 tasks in 1m for each tenant, 5 at once",
      "  at most 10,000 waiting",
      "  none while the oldest has waited for 5m",
      "  at most 100 unfinished of a tenant",
      "  at most 5 running at a time",
      "",
    ]);
    const stored = {
      maxDepth: 10_000,
      maxAge: 300_000,
      rate: { limit: 100, per: 60_000, burst: 5, by: "tenant" },
      maxPerTenant: 100,
      concurrency: 5,
    };
    assert.deepEqual((await lab.queue.stats()).limits, stored);
    await run("admission", "set", "default", "--depth", "none", "--rate", "7/s");
    const { maxDepth: _, ...left } = stored;
    const rate = { limit: 7, per: 1000, burst: 7, by: "queue" };
    assert.deepEqual((await lab.queue.stats()).limits, { ...left, rate });
    const fresh = await run(
      "queues",
      "limit",
      "default",
      "--clear",
      "--concurrency",
      "2",
      "--json",
    );
    assert.deepEqual(fresh.lines(), [{ name: "default", limits: { concurrency: 2 } }]);
  }),
);

test(
  "an invalid limit exits 2 and sets nothing",
  withRelier(async (lab) => {
    const run = on(lab);
    await use(lab);
    await use(lab);
    const bad: [string[], RegExp][] = [
      [["--rate", "100"], /--rate "100": it is not a rate.*\n.*10\/s/],
      [["--rate", "0/s"], /--rate "0\/s"/],
      [["--rate", "5000/1ms"], /at most 1,000 tasks in a millisecond/],
      [["--burst", "5"], /--burst "5": it needs a rate/],
      [["--by", "tenant"], /--by "tenant": it needs a rate/],
      [["--depth", "0"], /--depth "0".*1 to/],
      [["--depth", "many"], /--depth "many"/],
      [["--age", "0s"], /--age "0s"/],
      [["--concurrency", "1.5"], /--concurrency "1.5"/],
      [["--dept", "5"], /did you mean "--depth"/],
    ];
    for (const [args, says] of bad) {
      const { exit, stderr } = await run("queues", "limit", "default", "--tenant", "5", ...args);
      assert.equal(exit, 2, `${args}: ${stderr}`);
      assert.match(stderr, says);
    }
    assert.deepEqual((await lab.queue.stats()).limits, {});
  }),
);

test(
  "admission lists the refused pushes, and reset removes the limits after a confirmation",
  withRelier(async (lab) => {
    const run = on(lab);
    await lab.queue.limit({ maxDepth: 2, maxPerTenant: 9 });
    await work.apush();
    const open = await run("admission");
    assert.match(open.stdout, /QUEUE +STATE +WAITING +REFUSED +LIMITS/);
    assert.match(
      open.stdout,
      /default +open +1 +0 +at most 2 waiting · at most 9 unfinished of a tenant/,
    );
    await work.apush();
    for (let i = 0; i < 3; i++) await work.apush().catch(() => {});
    assert.match((await run("admission")).stdout, /default +shedding +2 +depth 3/);
    await lab.queue.pause("pushes", "x");
    const [row] = (await run("admission", "--json")).lines();
    assert.deepEqual([row.state, row.refused, row.waiting], ["closed", { depth: 3 }, 2]);

    assert.equal((await run("admission", "reset", "default")).exit, 9);
    const dry = await run("admission", "reset", "default", "--dry-run");
    assert.match(dry.stdout, /would remove 2 limits of queue "default"\n {2}at most 2 waiting/);
    assert.deepEqual((await lab.queue.stats()).limits, { maxDepth: 2, maxPerTenant: 9 });
    assert.equal((await run("admission", "reset", "default", "-y")).exit, 0);
    assert.deepEqual((await lab.queue.stats()).limits, {});
    assert.match((await run("admission", "reset", "default")).stdout, /had no limits/);
    assert.equal((await run("admission", "reset", "nowhere", "-y")).exit, 4);
  }),
);

test(
  "a queue without work is deleted at once, one with work only by force and with a confirmation",
  withRelier(async (lab) => {
    const run = on(lab);
    const names = async () => (await lab.rl.queues()).map(({ name }) => name);
    await work.apush();
    const full = await run("queues", "delete", "default");
    assert.equal(full.exit, 5);
    assert.match(full.stderr, /it holds 1 ready tasks/);
    const unsure = await run("queues", "delete", "default", "--force");
    assert.equal(unsure.exit, 9);
    assert.deepEqual(await names(), ["default"]);
    const dry = await run("queues", "delete", "default", "--force", "--dry-run");
    assert.match(dry.stdout, /^would delete queue "default"\n {2}1 ready$/m);
    assert.equal((await lab.queue.stats()).counts.ready, 1);
    const gone = await run("queues", "delete", "default", "--force", "--yes");
    assert.deepEqual([gone.exit, gone.stdout], [0, 'queue "default" is deleted\n']);
    assert.deepEqual(await names(), []);
    assert.equal((await run("queues", "delete", "default")).exit, 4);
    const { actions } = await lab.rl.actions();
    assert.ok(
      actions.some(({ action, target }) => `${action} ${target}` === "queue.delete default"),
    );
  }),
);

test(
  "no command makes a queue out of a misspelt name",
  withRelier(async (lab) => {
    const run = on(lab);
    await lab.rl.queue("payments").limit({ maxDepth: 9 });
    for (
      const line of [
        ["pause", "paymets"],
        ["pause", "paymets", "--what", "pushes"],
        ["resume", "paymets"],
        ["drain", "paymets"],
        ["limit", "paymets", "--depth", "3"],
        ["delete", "paymets", "--force", "--yes"],
      ]
    ) {
      const { exit, stderr } = await run("queues", ...line);
      assert.equal(exit, 4, line.join(" "));
      assert.match(stderr, /Cannot find queue "paymets".*\n.*did you mean "payments"\?/);
    }
    assert.equal((await run("admission", "set", "paymets", "--depth", "3")).exit, 4);
    assert.deepEqual((await lab.rl.queues()).map(({ name }) => name), ["payments"]);
    assert.deepEqual(await lab.redis.keys(`${lab.prefix}:{paymets~0}:*`), []);
  }),
);
