/**
 * The commands that only read: their output for people and for programs, and their
 * messages about missing things.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idempotencyLock, rlTask, taskContext, taskRef } from "../../mod.ts";
import { listeningLogger } from "../support/listening_logger.ts";
import { subscriber } from "../support/moves.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { until } from "../support/until.ts";

const charge = rlTask("charge", { retry: { attempts: 1 } }, (card: number) => {
  if (card < 0) throw new RangeError(`card ${-card} was declined`);
  return { receipt: `secret-${card}` };
});
const mail = rlTask("mail", { queue: "mails", idempotent: (to: string) => to }, (_: string) => {});

/** Runs `rl` on the Redis of the test. */
function at({ url, prefix }: Lab): (...args: string[]) => Promise<RlResult> {
  return (...args) => rl(args, { url, prefix });
}

const done = (lab: Lab, n: number): Promise<void> =>
  until(`${n} are over`, async () => {
    const { counts } = await lab.queue.stats();
    return counts.completed + counts.dead === n;
  });

test(
  "an empty Redis has nothing to show, and every list says so without failing",
  withRelier(async (lab) => {
    const run = at(lab);
    for (
      const args of [
        ["tasks"],
        ["tasks", "inflight"],
        ["queues"],
        ["dlq"],
        ["idem"],
        ["idem", "locks"],
        ["phoenix"],
        ["phoenix", "leases"],
        ["phoenix", "sweep"],
        ["phoenix", "sweep", "--dry-run"],
        ["status", "--check"],
      ]
    ) {
      const { exit, stderr, stdout } = await run(...args);
      assert.equal(exit, 0, `${args.join(" ")}: ${stderr}`);
      if (args[0] === "status") assert.match(stdout, /no queue yet/);
      else assert.match(stderr, /no|nothing/);
      assert.equal((await run(...args, "--json")).exit, 0);
    }
  }),
);

test(
  "rl tasks lists running and waiting tasks, filters them, and pages without a gap or a double",
  withRelier(async (lab) => {
    const run = at(lab);
    const pushed = await Promise.all(Array.from({ length: 25 }, (_, i) => charge.apush(i)));
    await mail.apush("a@b.c");
    await mail.with({ delay: "1h" }).apush("later@b.c");
    const all = await run("tasks", "--json");
    assert.deepEqual(
      all.lines().map(({ name }) => name).sort(),
      [...Array(25).fill("charge"), "mail", "mail"],
    );
    assert.match(all.stderr, /27 of 27 {3}\(scheduled 1 · ready 26\)/);
    const later = await run("tasks", "--state", "scheduled", "--json");
    assert.deepEqual(later.lines().map(({ queue }) => queue), ["mails"]);
    assert.equal((await run("tasks", "--name", "mail", "-q")).stdout.split("\n").length, 3);
    assert.equal((await run("tasks", "--older", "1h", "-q")).stdout, "");

    const seen: string[] = [];
    let args = ["tasks", "--queue", "default", "--limit", "10"];
    for (let pages = 1;; pages++) {
      const { stdout, stderr } = await run(...args, "-q");
      seen.push(...stdout.trim().split("\n"));
      const next = /^next: rl (.*)$/m.exec((await run(...args)).stderr)?.[1];
      assert.ok(stderr === "", "with -q there is no talk");
      if (next === undefined) break;
      assert.ok(pages < 5);
      args = next.split(" ");
    }
    assert.deepEqual(seen.sort(), pushed.map(({ id }) => id).sort());
  }),
);

test(
  "rl tasks for people is a table with the sign of each state, and the error of failed tasks",
  withRelier(async (lab) => {
    await charge.apush(-1);
    const worker = await lab.worker({ name: "one" });
    await done(lab, 1);
    const { stdout } = await at(lab)("tasks");
    assert.match(stdout, /^TASK +NAME +STATE +QUEUE +WORKER +TRY +AGE +RUN +PROGRESS/);
    assert.match(stdout, /charge +✖ dead +default .* 1 .*RangeError: card 1 was declined/);
    assert.match(stdout, / default +one +1 /);
    for (const name of ["one", worker.id, worker.id.slice(0, 6)]) {
      assert.match((await at(lab)("tasks", "--worker", name, "-q")).stdout, /^default~0~/, name);
    }
    for (const name of ["two", "w"]) {
      assert.equal((await at(lab)("tasks", "--worker", name, "-q")).stdout, "", name);
    }
  }),
);

test(
  "an invalid filter is refused before anything is read",
  withRelier(async (lab) => {
    const run = at(lab);
    await charge.apush(1);
    for (
      const [args, exit, says] of [
        [["tasks", "--state", "redy"], 2, /did you mean "ready"/],
        [["tasks", "--queue", "defualt"], 4, /did you mean "default"/],
        [["tasks", "--limit", "0"], 2, /from 1 to 1000/],
        [["tasks", "--older", "soon"], 2, /no duration/],
        [["tasks", "--cursor", "x"], 2, /belongs to another list/],
        [["tasks", "--cursor", "ready:elsewhere:1:x"], 2, /belongs to another list/],
        [["queues", "show", "nowhere"], 4, /no task and no worker has used it yet/],
        [["events", "--type", "nothing"], 2, /must be one of/],
        [["phoenix", "run", "--interval", "1ms"], 2, /50ms to 1h/],
        [["dlq", "--limit", "many"], 2, /whole number/],
        [["idem", "show"], 2, /missing|needs/i],
      ] as const
    ) {
      const refused = await run(...args);
      assert.equal(refused.exit, exit, `${args.join(" ")}: ${refused.stderr}`);
      assert.match(refused.stderr, says, args.join(" "));
      assert.equal(refused.stdout, "");
    }
  }),
);

test(
  "each failed attempt is listed with its own error and the last lines of its log",
  withRelier(async (lab) => {
    const tries = rlTask("tries", { retry: { attempts: 2, backoff: "fixed", base: 1 } }, () => {
      const { attempt, log } = taskContext();
      log.warn(`asked host ${attempt}`);
      throw new RangeError(`no answer ${attempt}`);
    });
    await lab.worker({ logger: listeningLogger().logger });
    const { id } = await tries.apush();
    await done(lab, 1);
    for (const args of [["tasks", "show"], ["why"]]) {
      const { stdout } = await at(lab)(...args, id);
      for (const n of [1, 2]) {
        const lines = `\\n +RangeError: no answer ${n}\\n +[\\d:.]{12}Z WARN {2}asked host ${n}\\n`;
        assert.match(`${stdout}\n`, new RegExp(lines), args.join(" "));
      }
    }
    const [{ attempts }] = (await at(lab)("why", id, "--json")).lines();
    assert.deepEqual(attempts[0].error, { name: "RangeError", message: "no answer 1" });
    assert.match(attempts[0].log[0], /asked host 1$/);
  }),
);

test(
  "the story of a task lists every step, and shows payload and result only on request",
  withRelier(async (lab) => {
    const run = at(lab);
    await lab.worker();
    const { id } = await charge.apush(4711);
    const dead = await charge.apush(-4712);
    await done(lab, 2);
    const closed = await run("tasks", "show", id);
    assert.match(closed.stdout, /charge {2}✓ completed/);
    for (const step of ["pushed", "claimed", "ended", "kept until"]) {
      assert.ok(closed.stdout.includes(step), step);
    }
    assert.doesNotMatch(closed.stdout, /4711/);
    assert.doesNotMatch((await run("tasks", "show", id, "--json")).stdout, /4711/);
    assert.match((await run("tasks", "show", id, "--payload")).stdout, /secret-4711/);
    const failed = await run("tasks", "show", dead.id);
    assert.match(failed.stdout, /error {5}RangeError: card 4712 was declined\n {2}at /);
    const [open] = (await run("tasks", "show", dead.id, "--payload", "--json")).lines();
    assert.deepEqual(open.payload, [-4712]);
    assert.deepEqual(open.history.map(({ cause }: { cause: string }) => cause), ["attempts"]);
    assert.equal((await run("tasks", "show", `default~0~${"y".repeat(22)}`)).exit, 4);
  }),
);

test(
  "results of steps are shown on request, and not once the task is over",
  withRelier(async (lab) => {
    const run = at(lab);
    let mended = false;
    const stepping = rlTask("stepping", { replace: true, retry: 1 }, async (card: string) => {
      await taskContext().step(`charge ${card}`, () => ({ receipt: `of ${card}` }));
      await taskContext().step("mail", () => {});
      if (!mended) throw new Error("not yet");
    });
    await lab.worker();
    const { id } = await stepping.apush("no-4711");
    await done(lab, 1);
    const closed = await run("tasks", "show", id);
    assert.match(closed.stdout, /payload and steps: hidden, --payload shows them/);
    for (const more of [[], ["--json"]]) {
      assert.doesNotMatch((await run("tasks", "show", id, ...more)).stdout, /no-4711|receipt/);
    }
    assert.match((await run("tasks", "show", id, "--payload")).stdout, /"receipt": "of no-4711"/);
    const [open] = (await run("dlq", "show", id, "--payload", "--json")).lines();
    assert.deepEqual(open.steps, [
      { name: "charge no-4711", value: { receipt: "of no-4711" } },
      { name: "mail" },
    ]);
    mended = true;
    assert.equal((await run("tasks", "retry", id)).exit, 0);
    await until("it has run", async () => (await lab.queue.stats()).counts.completed === 1);
    const [over] = (await run("tasks", "show", id, "--payload", "--json")).lines();
    assert.equal("steps" in over, false);
  }),
);

test(
  "running tasks are listed with the slowest first, and leases by their end",
  withRelier(async (lab) => {
    const ids = [await lab.moves.push(), await lab.moves.push()];
    const first = await lab.moves.claim("w1");
    const claimed = await lab.moves.now();
    await until("the clock moves on", async () => await lab.moves.now() > claimed);
    await lab.moves.claim("w2");
    await lab.moves.beat("w1", [{ ...first, progress: "40", remark: "halfway" }]);
    await charge.apush(1); // This registers the queue.
    await lab.moves.age("running", ids[1]!, -2000);
    const run = at(lab);
    const running = (await run("tasks", "inflight", "--json")).lines();
    assert.deepEqual(running.map(({ id }) => id.slice(-22)), ids);
    assert.match((await run("tasks", "inflight")).stdout, /███░░░░░ {2}40% halfway/);
    const leases = (await run("phoenix", "leases")).stdout;
    assert.match(leases, /expired 2(\.\d)?s.*w2\n.* left.*w1/);
    await lab.moves.crash("w1");
    await lab.moves.crash("w2");
  }),
);

test(
  "rl queues and rl queues show list counts, limits and pauses",
  withRelier(async (lab) => {
    const run = at(lab);
    await charge.apush(1);
    await mail.apush("a@b.c");
    await lab.queue.pause("claims", "a bad release");
    await lab.queue.limit({ concurrency: 7, maxDepth: 100 });
    assert.equal((await run("queues", "-q")).stdout, "default\nmails\n");
    assert.match((await run("queues")).stdout, /^QUEUE.*\ndefault +1 .*paused\nmails +1/);
    const { stdout } = await run("queues", "show", "default");
    assert.match(stdout, /claims +paused: a bad release/);
    assert.match(stdout, /limit +at most 7 running at a time/);
    assert.match(stdout, /limit +at most 100 waiting/);
    const [shown] = (await run("queues", "show", "default", "--json")).lines();
    assert.equal(shown.stats.counts.ready, 1);
  }),
);

test(
  "rl status --check is 7 and names the faults: no worker, paused, closed, overdue, dying",
  withRelier(async (lab) => {
    const run = at(lab);
    const worker = await lab.worker();
    await charge.apush(1);
    await done(lab, 1);
    const well = await run("status", "--check");
    assert.equal(well.exit, 0, well.stdout);
    assert.match(well.stdout, /✓ no problems: 1 queue, 1 worker/);
    const codes = async (): Promise<string[]> => {
      const { exit, lines } = await run("status", "--check", "--json");
      const [{ healthy, problems }] = lines();
      assert.deepEqual([exit, healthy], [7, false]);
      return problems.map(({ code }: { code: string }) => code);
    };
    const dying = codes();
    let pushed = 1;
    const timer = setInterval(() => void charge.apush(-pushed++), 100);
    assert.deepEqual(await dying, ["dead-growing"]);
    clearInterval(timer);
    await done(lab, pushed);
    await worker.drain();
    await charge.apush(2);
    const claim = await lab.moves.claim();
    await lab.moves.age("running", claim.id, -10_000);
    await lab.queue.pause("claims", "broken");
    await lab.queue.pause("pushes", "full");
    assert.deepEqual(await codes(), ["lease-overdue", "paused", "closed", "dead-lately"]);
    await lab.moves.crash("w1");
    const after = ["no-worker", "paused", "closed", "dead-lately", "resurrected"];
    assert.deepEqual(await codes(), after);
    const { exit, stdout } = await run("status", "--check");
    assert.equal(exit, 7);
    assert.match(stdout, /✖ queue "default" has 1 task and no live worker: rl worker start/);
    assert.doesNotMatch(stdout, /:[^@/ ]+@/, "a password is never shown");
  }),
);

test(
  "rl status names what waits, dies and crashes, and what no worker knows; only old deaths may wait",
  withRelier(async (lab) => {
    const run = at(lab);
    const seen = async (): Promise<Record<string, string>> => {
      const [{ problems }] = (await run("status", "--json")).lines();
      const entries = problems.map(({ code, level }: Record<string, string>) => [code, level]);
      return Object.fromEntries(entries);
    };
    const { id } = await charge.apush(-1);
    await lab.worker();
    await done(lab, 1);
    assert.deepEqual(await seen(), { "dead-lately": "error" });
    await lab.moves.age("dead", id.slice(-22), -3_600_000);
    assert.deepEqual(await seen(), { dead: "warning" });
    assert.equal((await run("status", "--check")).exit, 0);
    await lab.client({ tasks: [] }).apush(taskRef<typeof charge>("unheard-of" as "charge"), 1);
    await until(
      "it waits for a worker that knows it",
      async () => (await lab.queue.stats()).counts.scheduled === 1,
    );
    assert.deepEqual(await seen(), { "unknown-task": "error", dead: "warning" });
    assert.match((await run("status")).stdout, /no worker knows: unheard-of/);
  }),
);

test(
  "rl status reports a queue whose first task waits for more than a minute",
  withRelier(async (lab) => {
    await lab.queue.limit({ concurrency: 1 });
    let release = () => {};
    const slow = rlTask("see-slow", () => new Promise<void>((resolve) => release = resolve));
    await lab.worker();
    await slow.apush();
    await until("it runs", async () => (await lab.queue.stats()).counts.running === 1);
    const [first] = await slow.apushMany([[], []]);
    await lab.redis.zincrby(lab.key("ready"), -90_000 * 64, first!.id.slice(-22));
    const { stdout } = await at(lab)("status");
    assert.match(stdout, /✖ queue "default" has 2 ready; the first has waited for 1m3\ds/);
    await until("all are done", async () => {
      release();
      return (await lab.queue.stats()).counts.completed === 3;
    });
  }),
);

test(
  "rl status --check counts no worker whose process is gone, even if no sweep has noticed yet",
  withRelier(async (lab) => {
    await charge.apush(1);
    const stop = await subscriber(lab.redis, lab.partition, "w1");
    const claim = await lab.moves.claim();
    assert.equal((await lab.moves.beat("w1", [claim])).seen, 1);
    assert.equal((await at(lab)("status", "--check")).exit, 0);
    stop();
    await until("it is found out", async () => {
      const { exit, stdout } = await at(lab)("status", "--check");
      return exit === 7 && stdout.includes("1 task and no live worker");
    });
    await lab.moves.crash("w1");
  }),
);

test(
  "rl dlq groups tasks by cause of death, and -q prints the ids of all",
  withRelier(async (lab) => {
    const run = at(lab);
    const ids = await Promise.all([-1, -22, -333].map((card) => charge.apush(card)));
    await lab.worker();
    await done(lab, 3);
    const groups = (await run("dlq", "--json")).lines();
    assert.equal(groups.length, 1);
    assert.equal(groups[0].count, 3);
    assert.equal(groups[0].why, "1 failure");
    assert.match(
      (await run("dlq")).stdout,
      /^COUNT.* TASK · ERROR\n +3 .*1 failure .*charge · RangeError: card \d+ was/,
    );
    const quiet = await run("dlq", "-q");
    assert.deepEqual(quiet.stdout.trim().split("\n").sort(), ids.map(({ id }) => id).sort());
    assert.equal((await run("dlq", "-q", "--error", "card 22 ")).stdout.trim(), ids[1]!.id);
    assert.match((await run("dlq", "show", ids[0]!.id)).stdout, /rl dlq release default~0~/);
    const { id } = await charge.apush(1);
    await done(lab, 4);
    const alive = await run("dlq", "show", id);
    assert.equal(alive.exit, 5);
    assert.match(alive.stderr, /it is completed/);
  }),
);

test(
  "a key is found, listed while it is held, and deleted only when its work is over",
  withRelier(async (lab) => {
    const run = at(lab);
    const lock = await idempotencyLock(lab.rl, { key: "order-17" });
    assert.match((await run("idem", "locks")).stdout, /relier\.locks~0~.* ● running/);
    assert.match((await run("idem", "show", "order-17")).stdout, /● running/);
    const held = await run("idem", "delete", "order-17", "--yes");
    assert.equal(held.exit, 5, held.stderr);
    await lock.complete({ receipt: 1 });
    assert.equal((await run("idem", "locks", "-q")).stdout, "");
    assert.equal((await run("idem", "-q")).stdout.split("\n").length, 2);
    const before = await lab.dump();
    assert.equal((await run("idem", "delete", "order-17")).exit, 9);
    assert.match(
      (await run("idem", "delete", "order-17", "--dry-run")).stdout,
      /would delete 1 key/,
    );
    assert.deepEqual(await lab.dump(), before);
    assert.equal((await run("idem", "delete", "order-17", "--yes")).exit, 0);
    assert.equal((await run("idem", "show", "order-17")).exit, 4);
    assert.equal((await run("idem", "delete", "order-17", "--yes")).exit, 4);

    const { id } = await mail.apush("a@b.c");
    const shown = await run(
      "idem",
      "show",
      "a@b.c",
      "--task",
      "mail",
      "--queue",
      "mails",
      "--json",
    );
    assert.equal(shown.lines()[0].id, id);
  }),
);

test(
  "rl recovery sweep brings back the tasks of a lost worker, and --dry-run only lists them",
  withRelier(async (lab) => {
    const run = at(lab);
    await charge.apush(1);
    const { id } = await lab.moves.claim();
    await lab.moves.beat("w1", []);
    await lab.moves.sweep();
    await lab.moves.age("running", id, -60_000);
    const dry = await run("phoenix", "sweep", "--dry-run", "--json");
    assert.deepEqual(dry.lines(), [{ id: `default~0~${id}`, cause: "lease", dryRun: true }]);
    assert.equal((await lab.moves.facts(id)).state, "running");
    await until("it is swept", async () => {
      const { stdout } = await run("phoenix", "sweep");
      return stdout.includes("resurrected");
    });
    assert.notEqual((await lab.moves.facts(id)).state, "running");
    const [row] = (await run("phoenix", "--json")).lines();
    assert.equal(row.name, "default");
    assert.deepEqual(Object.values(row.causes), [1]);
    assert.ok(row.sweptMs < 10_000);
  }),
);

test(
  "rl recovery sweep waits until a missing worker is presumed dead, and brings back its tasks",
  withRelier(async (lab) => {
    await charge.apush(1);
    const stop = await subscriber(lab.redis, lab.partition, "w1");
    const claim = await lab.moves.claim();
    await lab.moves.beat("w1", [claim]);
    assert.equal((await at(lab)("phoenix", "sweep", "-q")).stdout, "");
    stop();
    await until("it is missed", async () => (await lab.queue.workers())[0]!.missingMs > 0);
    const { lines } = await at(lab)("phoenix", "sweep", "--json");
    assert.deepEqual(lines(), [{ id: `default~0~${claim.id}`, cause: "presence", dryRun: false }]);
  }),
);

test(
  "rl recovery run sweeps until Ctrl-C and lists the tasks that came back",
  withRelier(async (lab) => {
    const { url, prefix } = lab;
    await charge.apush(1);
    const { id } = await lab.moves.claim();
    let stop = (): void => {};
    const running = rl(["phoenix", "run", "--interval", "50ms", "--json"], {
      url,
      prefix,
      started: (send) => stop = () => send("SIGINT"),
    });
    await lab.moves.age("running", id, -60_000);
    await until("it is back", async () => (await lab.moves.facts(id)).state !== "running");
    stop();
    const { exit, lines } = await running;
    assert.equal(exit, 0);
    assert.deepEqual(lines().map((line) => line.id), [`default~0~${id}`]);
  }),
);

test(
  "rl events announces when it listens, prints every queue, new ones too, and ends by Ctrl-C",
  withRelier(async (lab) => {
    const { url, prefix } = lab;
    let stop = (): void => {};
    let said = (): string => "";
    const run = (...args: string[]): Promise<RlResult> =>
      rl(["events", ...args], {
        url,
        prefix,
        started: (send, output) => {
          stop = () => send("SIGINT");
          said = output;
        },
      });
    await charge.apush(1);
    const all = run("--json");
    await until("it listens", () => said().includes("listening to 1 queue,"));
    const { id } = await mail.apush("new@b.c");
    await until("it listens to both", () => said().includes("listening to 2 queues"));
    await lab.worker({ queues: ["default", "mails"] });
    await until("both are printed", () => said().match(/"type":"complete"/g)?.length === 2);
    stop();
    const { exit, lines } = await all;
    assert.equal(exit, 0);
    const own = lines().filter((event) => event.id === id);
    assert.ok(own.some(({ type, queue }) => type === "complete" && queue === "mails"));

    const errors = run("--errors", "--queue", "default");
    await until("it listens", () => said().includes("listening to 1 queue,"));
    await charge.apush(2);
    await charge.apush(-9);
    await until("the death is printed", () => said().includes("bury"));
    stop();
    const { stdout } = await errors;
    assert.match(
      stdout,
      /^\d\d:\d\d:\d\d\.\d{3} {2}bury +dead +\S+ \S{10} {2}attempt 1, after \d+ms: .+\n$/,
    );
  }),
);
