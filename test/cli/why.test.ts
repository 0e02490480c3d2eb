/**
 * `rl why`, in every situation that it explains.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../core/protocol/keys.ts";
import { createRelier, idempotencyLock, keyId, rlTask, taskContext } from "../../mod.ts";
import { subscriber } from "../support/moves.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl } from "../support/rl.ts";
import { until } from "../support/until.ts";

const quick = rlTask("quick", () => {});
const broken = rlTask("broken", { retry: { attempts: 2, base: "1h", max: "1h" } }, () => {
  throw new TypeError("no such card");
});
const holding = new Set<() => void>();
/** Runs until it is released or cancelled. */
const hold = rlTask("hold", () =>
  new Promise<void>((resolve, reject) => {
    const { signal } = taskContext();
    signal.addEventListener("abort", () => {
      holding.delete(resolve);
      reject(signal.reason);
    });
    holding.add(resolve);
  }));
function letGo(): void {
  for (const each of holding) each();
  holding.clear();
}

interface Why {
  readonly state: string;
  readonly codes: readonly string[];
  readonly text: string;
  readonly attempts: readonly { how: string; worker: string; end: string | null }[];
}

async function why({ url, prefix }: Lab, id: string): Promise<Why> {
  const { exit, stderr, lines } = await rl(["why", id, "--json"], { url, prefix });
  assert.equal(exit, 0, stderr);
  const [{ state, because, attempts }] = lines();
  const texts = because.map(({ text }: { text: string }) => text);
  const codes = because.map(({ code }: { code: string }) => code);
  return { state, codes, text: texts.join("\n"), attempts };
}

/** The full id of the task stored as `local`. */
const full = (lab: Lab, local: string): string => idOf(lab.partition, local);

test(
  "a task that waits without a worker is explained, with the command that starts one",
  withRelier(async (lab) => {
    const { id } = await quick.apush();
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["no-worker", "first"]);
    assert.match(text, /rl worker start --queues default/);
  }),
);

test(
  "a task in a paused queue names the reason it was paused for",
  withRelier(async (lab) => {
    await lab.queue.pause("claims", "invoices are wrong");
    const { id } = await quick.apush();
    await lab.worker();
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["queue-paused", "first"]);
    assert.match(text, /invoices are wrong/);
  }),
);

test(
  "a task behind others shows their number, and the expected wait",
  withRelier(async (lab) => {
    await Promise.all(Array.from({ length: 3 }, () => hold.apush()));
    const { id } = await quick.apush();
    await lab.worker({ concurrency: 1, name: "lonely" });
    await until("a task runs", () => holding.size > 0);
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["no-slot", "line"]);
    assert.match(text, /The only slot of lonely is in use/);
    assert.match(text, /2 tasks are ahead of it in line/);
    const timer = setInterval(letGo, 10);
    await until("all is done", async () => (await lab.queue.stats()).counts.completed === 4);
    clearInterval(timer);
  }),
);

test(
  "a task of a queue at its limit of running tasks is explained",
  withRelier(async (lab) => {
    await lab.queue.limit({ concurrency: 1 });
    await hold.apush();
    await lab.worker();
    await until("it runs", () => holding.size > 0);
    const { id } = await quick.apush();
    assert.deepEqual((await why(lab, id)).codes, ["concurrency-limit", "first"]);
    const timer = setInterval(letGo, 10);
    await until("all is done", async () => (await lab.queue.stats()).counts.completed === 2);
    clearInterval(timer);
  }),
);

test(
  "a task whose workers are all paused lists them, and the reason",
  withRelier(async (lab) => {
    const worker = await lab.worker({ name: "napping" });
    await lab.queue.commandWorker(worker.id, { do: "pause" });
    await until("it is paused", async () => (await lab.queue.workers())[0]!.paused);
    const { id } = await quick.apush();
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["workers-paused", "first"]);
    assert.match(text, /napping is paused/);
  }),
);

test(
  "a task of unknown name is explained by the names that workers know, before and after its deferral",
  withRelier(async (lab) => {
    const old = lab.client({ tasks: [quick] });
    await lab.queue.pause("claims", "for now");
    await lab.worker({}, old);
    const { id } = await broken.apush();
    const before = await why(lab, id);
    assert.deepEqual(before.codes, ["queue-paused", "unknown-task", "first"]);
    assert.match(before.text, /does not know the task "broken", only quick/);
    await lab.queue.resume();
    await until("it is put off", async () => (await lab.queue.inspect(id)).state === "scheduled");
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["deferred", "unknown-task"]);
    assert.match(text, /its worker does not know task "broken"/);
  }),
);

test(
  "a payload newer than every worker shows the versions",
  withRelier(async (lab) => {
    await lab.queue.pause("claims", "for now");
    await lab.worker({}, lab.client({ tasks: [quick] }));
    const id = full(
      lab,
      await lab.moves.push({ envelope: '{"v":1,"name":"quick","taskVersion":3,"payload":[]}' }),
    );
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["queue-paused", "newer-version", "first"]);
    assert.match(text, /payload is version 3 and the newest that a live worker knows is 1/);
  }),
);

test(
  "a delayed task shows its due time",
  withRelier(async (lab) => {
    const { id } = await quick.with({ delay: "2h" }).apush();
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["delayed", "no-worker"]);
    assert.match(text, /due in (2h|1h59m) \(\d{4}-/);
  }),
);

test(
  "a due task that no sweep makes ready is explained so",
  withRelier(async (lab) => {
    const local = await lab.moves.push({ delayMs: 60_000 });
    await lab.moves.age("scheduled", local, -10_000);
    assert.deepEqual((await why(lab, full(lab, local))).codes, ["overdue", "delayed", "no-worker"]);
  }),
);

test(
  "a failed task shows its error, and the time of its retry; then the reason of its death",
  withRelier(async (lab) => {
    await lab.worker();
    const { id } = await broken.apush();
    await until("it failed", async () => (await lab.queue.inspect(id)).state === "scheduled");
    const failed = await why(lab, id);
    assert.deepEqual(failed.codes, ["retry"]);
    assert.match(failed.text, /Attempt 1 failed: TypeError: no such card\. Attempt 2 is due in/);
    await lab.queue.promote([id]);
    await until("it is dead", async () => (await lab.queue.inspect(id)).state === "dead");
    const { codes, text, attempts } = await why(lab, id);
    assert.deepEqual(codes, ["dead", "error", "release", "ran-again"]);
    assert.match(text, /was the last one allowed \(2 failures\)/);
    assert.match(text, /rl dlq release default~0~/);
    assert.deepEqual(attempts.map(({ how }) => how), ["failed", "attempts"]);
  }),
);

test(
  "a running task shows its worker, its duration, and that the worker is alive",
  withRelier(async (lab) => {
    const worker = await lab.worker({ name: "busy", lease: "1s" });
    const { id } = await hold.apush();
    await until("it runs", async () => (await lab.queue.inspect(id)).facts["started"] === "true");
    const { codes, text, attempts } = await why(lab, id);
    assert.deepEqual(codes, ["running", "alive"]);
    assert.match(
      text,
      new RegExp(`Worker busy \\(${worker.id}\\) has run it for .* \\(fence \\d+\\)`),
    );
    assert.equal(attempts[0]!.end, null);
    await lab.rl.handle(id).cancel("not wanted");
    const asked = await why(lab, id);
    assert.ok(asked.codes[0] === "cancelling" || asked.state === "cancelled");
    await until("it ends", async () => (await lab.queue.inspect(id)).state === "cancelled");
    const { codes: after, text: said } = await why(lab, id);
    assert.deepEqual(after, ["cancelled"]);
    assert.match(said, /not wanted/);
  }),
);

test(
  "a claimed task that waits for a slot of its worker is explained",
  withRelier(async (lab) => {
    const ids = [await lab.moves.push(), await lab.moves.push()];
    const stop = await subscriber(lab.redis, lab.partition, "w1");
    await lab.moves.turn({ slots: 1, spare: 1 });
    await lab.moves.beat("w1", []);
    assert.deepEqual((await why(lab, full(lab, ids[1]!))).codes, ["claimed", "alive"]);
    stop();
  }),
);

test(
  "a task of a silent worker shows the time of its return, then that no sweep runs",
  withRelier(async (lab) => {
    const local = await lab.moves.push();
    const claim = await lab.moves.claim();
    const id = full(lab, local);
    await lab.moves.beat("w1", [claim]);
    const entry = (await lab.queue.workers())[0]!;
    assert.equal(entry.seen, false);
    assert.deepEqual((await why(lab, id)).codes, ["running", "alive"]);
    await lab.moves.age("running", local, -5000);
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["running", "overdue"]);
    assert.match(text, /lease expired 5(\.\d)?s ago and no sweep has run/);
  }),
);

test(
  "a task whose worker lost its connection is announced to come back",
  withRelier(async (lab) => {
    const local = await lab.moves.push();
    const stop = await subscriber(lab.redis, lab.partition, "w1");
    const claim = await lab.moves.claim();
    assert.equal((await lab.moves.beat("w1", [claim])).seen, 1);
    stop();
    const id = full(lab, local);
    await until("it is missed", async () => {
      return (await lab.queue.workers()).some(({ missingMs }) => missingMs > 0);
    });
    const missed = await why(lab, id);
    assert.deepEqual(missed.codes, ["running", "worker-silent"]);
    assert.match(missed.text, /connection has been gone for .*: no other worker is alive/);
    await until("it is back", async () => {
      await lab.moves.sweep();
      return (await lab.queue.inspect(id)).state === "scheduled";
    });
    const { codes, text, attempts } = await why(lab, id);
    assert.deepEqual(codes, ["resurrected", "no-worker"]);
    assert.match(text, /connection of the worker closed, its process had crashed/);
    assert.deepEqual(attempts.map(({ how }) => how), ["presence"]);
  }),
);

test(
  "a worker that never beat, is forgotten or was ordered to stop is described so",
  withRelier(async (lab) => {
    const local = await lab.moves.push();
    const claim = await lab.moves.claim();
    const id = full(lab, local);
    await lab.moves.beat("w1", [claim]);
    await lab.queue.commandWorker("w1", { do: "stop" });
    const leaving = await why(lab, id);
    assert.deepEqual(leaving.codes, ["running", "alive", "leaving"]);
    assert.match(leaving.text, /has the command to stop: it hands off what it does not finish/);
    await lab.redis.hdel(lab.key("worker"), "w1");
    await lab.redis.zadd(lab.key("workers"), await lab.moves.now() - 20_000, "w1");
    const silent = await why(lab, id);
    assert.deepEqual(silent.codes, ["running", "worker-silent"]);
    assert.match(
      silent.text,
      /last heartbeat was 20(\.\d)?s ago: if it stays silent, Phoenix resurrects/,
    );
    await lab.redis.zrem(lab.key("workers"), "w1");
    assert.deepEqual((await why(lab, id)).codes, ["running", "worker-lost"]);
  }),
);

test(
  "a suspect shows how many workers it crashed, and that it runs alone; a poisoned one its death",
  withRelier(async (lab) => {
    const local = await lab.moves.push({ limit: "2" });
    const id = full(lab, local);
    for (const signal of ["SIGKILL", "SIGSEGV"]) {
      await lab.moves.age("scheduled", local, -1);
      const { id: claimed, nonce } = (await lab.moves.turn({ slots: 1 })).tasks[0] ??
        await lab.moves.claim();
      await lab.moves.beat("w1", [{ id: claimed, nonce }]);
      await lab.moves.crash("w1", signal);
    }
    const suspect = await why(lab, id);
    assert.deepEqual(suspect.codes, ["quarantined", "no-worker", "ran-again"]);
    assert.match(
      suspect.text,
      /Quarantined: 2 workers crashed or stalled running this task \(limit 2\)/,
    );
    assert.match(suspect.text, /It ran twice: SIGKILL once, SIGSEGV once/);
    await lab.moves.age("quarantined", local, -1);
    const { tasks } = await lab.moves.turn({ slots: 1 });
    const solo = await why(lab, id);
    assert.ok(solo.codes.includes("solo"), solo.codes.join());
    await lab.moves.beat("w1", [{ id: local, nonce: tasks[0]!.nonce }]);
    await lab.moves.crash("w1", "OOM");
    const { codes, text } = await why(lab, id);
    assert.deepEqual(codes, ["dead", "release", "ran-again"]);
    assert.match(
      text,
      /it crashed 3 workers \(limit 2\)/,
    );
  }),
);

test(
  "a suspect shows that it waits for an empty worker, and until when",
  withRelier(async (lab) => {
    const suspect = await lab.moves.push();
    for (let i = 0; i < 2; i++) {
      await lab.moves.age("scheduled", suspect, -1);
      const claim = (await lab.moves.turn({ slots: 1 })).tasks[0] ?? await lab.moves.claim();
      await lab.moves.beat("w1", [claim]);
      await lab.moves.crash("w1");
    }
    await lab.moves.age("quarantined", suspect, 3_600_000);
    await lab.worker({ concurrency: 2, name: "keeper" });
    await hold.apush();
    await until("it is busy", () => holding.size > 0);
    await lab.moves.age("quarantined", suspect, -1);
    const { codes, text } = await why(lab, full(lab, suspect));
    assert.deepEqual(codes.slice(0, 2), ["quarantined", "lane"]);
    assert.match(text, /waits for a worker without running tasks[^]*Due for 30 s, it runs beside/);
    const timer = setInterval(letGo, 10);
    await until("all is done", async () => {
      const { counts } = await lab.queue.stats();
      return counts.ready + counts.running === 0;
    });
    clearInterval(timer);
  }),
);

test(
  "a handed-off task shows that it is not charged; a completed one its worker and its duration",
  withRelier(async (lab) => {
    const worker = await lab.worker();
    const { id } = await hold.apush();
    await until("it runs", () => holding.size > 0);
    await worker.drain({ timeout: 0 });
    const back = await why(lab, id);
    assert.deepEqual(back.codes, ["no-worker", "first", "handed-off"]);
    const next = await lab.worker();
    const timer = setInterval(letGo, 10);
    await lab.rl.handle(id).result();
    clearInterval(timer);
    const { codes, text, attempts } = await why(lab, id);
    assert.deepEqual(codes, ["completed", "ran-again"]);
    assert.match(text, new RegExp(`completed by ${next.id} in`));
    assert.deepEqual(attempts.map(({ how }) => how), ["drain", "completed"]);
  }),
);

test(
  "a late completion shows that its worker was presumed dead",
  withRelier(async (lab) => {
    const local = await lab.moves.push();
    const claim = await lab.moves.claim();
    await lab.moves.beat("w1", [claim]);
    await lab.moves.crash("w1", "lease");
    assert.ok(await lab.moves.settle(claim, "complete"));
    const { codes, text } = await why(lab, full(lab, local));
    assert.deepEqual(codes, ["completed"]);
    assert.match(text, /after its lease had expired/);
  }),
);

test(
  "a lock shows its holder, and its end",
  withRelier(async (lab) => {
    await using _ = await idempotencyLock(lab.rl, { key: "order-17" });
    const { codes, text } = await why(lab, keyId({ key: "order-17" }));
    assert.deepEqual(codes, ["locked"]);
    assert.match(text, /idempotencyLock\(\) has held this key/);
  }),
);

test(
  "people get sentences, the most important first, and every attempt on a line",
  withRelier(async (lab) => {
    const { url, prefix } = lab;
    await lab.worker();
    const { id } = await broken.apush();
    await until("it failed", async () => (await lab.queue.inspect(id)).state === "scheduled");
    const local = id.split("~")[2]!;
    const { exit, stdout } = await rl(["why", local.replace(/^-+/, "").slice(0, 12)], {
      url,
      prefix,
    })
      .then((shown) => local.startsWith("-") ? rl(["why", id], { url, prefix }) : shown);
    assert.equal(exit, 0);
    const lines = stdout.split("\n");
    assert.equal(lines[0], `${id}  broken  ↻ retrying`);
    assert.match(lines[1]!, /^· Attempt 1 failed: TypeError: no such card/);
    assert.match(stdout, /\nattempts, from \d{4}-\d\d-\d\d\n {2}1 {2}\d\d:.*failed/);
  }),
);

test(
  "an unknown id is 4, and half a word is 2",
  withRelier(async ({ url, prefix }) => {
    const unknown = await rl(["why", `default~0~${"x".repeat(22)}`], { url, prefix });
    assert.equal(unknown.exit, 4, unknown.stderr);
    assert.equal((await rl(["why", "zzzzzz"], { url, prefix })).exit, 4);
    assert.equal((await rl(["why", "z"], { url, prefix })).exit, 2);
    assert.equal((await rl(["why"], { url, prefix })).exit, 2);
    await createRelier({ redis: url, prefix }).close();
  }),
);
