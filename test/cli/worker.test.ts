/**
 * `rl worker`: starting, listing and commanding workers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { causeOf } from "../../cli/supervisor/exit_cause.ts";
import { noTotals } from "../../cli/supervisor/event_counts.ts";
import { openHealthServer } from "../../cli/supervisor/health_server.ts";
import { createQuarantineHelper } from "../../cli/supervisor/quarantine_helper.ts";
import { workerMetrics } from "../../cli/supervisor/metrics.ts";
import type { SupervisedProcess } from "../../cli/supervisor/process_slot.ts";
import { rlTask, taskContext } from "../../mod.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlOptions, type RlResult } from "../support/rl.ts";
import { scrapeOf, valueOf } from "../support/scrape.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "relier-worker-"));
after(() => rmSync(folder, { recursive: true }));
const tasks = fileURLToPath(new URL("../support/harmful_tasks.ts", import.meta.url));

/** The task waits until it is released, or its worker drains. */
const releases = new Map<string, () => void>();
const rest = rlTask("rest", async (key: string) => {
  const context = taskContext();
  context.partialResult = key;
  await new Promise<void>((resolve, reject) => {
    releases.set(key, resolve);
    context.signal.addEventListener("abort", () => reject(context.signal.reason));
  });
});

function worker(
  { url, prefix }: Lab,
  args: readonly string[],
  options: RlOptions = {},
): Promise<RlResult> {
  return rl(["worker", ...args], { url, prefix, ...options });
}

/** A file in the folder; its text may use `rlTask`. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text.replace("#core", new URL("../../mod.ts", import.meta.url).href));
  return path;
}

async function running(lab: Lab, n: number): Promise<void> {
  await until(`${n} run`, async () => (await lab.queue.stats()).counts.running === n);
}

test(
  "a module that is missing, broken, or defines nothing is reported once, and nothing is left",
  withRelier(async (lab) => {
    const start = (module: string) => worker(lab, ["start", module], { cwd: folder });
    const missing = await start("./missing.js");
    assert.equal(missing.exit, 2);
    assert.match(missing.stderr, /Cannot load module ".\/missing.js": there is no file /);
    const isFolder = await start(".");
    assert.equal(isFolder.exit, 2);
    assert.match(isFolder.stderr, /is no file/);
    file("syntax.mjs", "const = 1;");
    file("throws.mjs", "throw new Error('no database here');");
    file("empty.mjs", "export const nothing = 1;");
    const [syntax, throwing, empty] = await Promise.all(
      ["./syntax.mjs", "./throws.mjs", "./empty.mjs"].map((each) => start(each)),
    );
    assert.deepEqual([syntax!.exit, throwing!.exit, empty!.exit], [1, 1, 2]);
    assert.match(
      syntax!.stderr,
      /Cannot load module ".*syntax.mjs": .*(Unexpected token|but found) .=/,
    );
    assert.match(throwing!.stderr, /Cannot load module ".*throws.mjs": Error: no database here/);
    assert.match(throwing!.stdout, /throws.mjs:1/, "the place of the throw is printed");
    assert.match(empty!.stderr, /no task is defined by .*empty.mjs/);
    for (const { stdout } of [syntax!, throwing!, empty!]) {
      assert.doesNotMatch(stdout, /restarts in/);
      assert.equal(stdout.match(/ended: /g)?.length, 1);
    }
  }),
);

test(
  "a process that dies at its start is tried three times, and then its last output is printed",
  withRelier(async (lab) => {
    file("dies.mjs", "console.error('no licence'); process.exit(9);");
    const { exit, stdout, stderr } = await worker(lab, ["start", "dies.mjs"], { cwd: folder });
    assert.equal(exit, 1);
    assert.match(stderr, /ended by exit 9: no licence/);
    assert.equal(stdout.match(/ended: exit 9/g)?.length, 3);
  }),
);

test(
  "options that no worker takes are refused before anything starts",
  withRelier(async (lab) => {
    const refused: [string[], RegExp][] = [
      [[], /no module given/],
      [[tasks, "--concurrency", "0"], /option "concurrency"/],
      [[tasks, "--concurrency", "many"], /--concurrency "many"/],
      [[tasks, "--processes", "0"], /--processes "0"/],
      [[tasks, "--queues", "a:b"], /queue "a:b"/],
      [[tasks, "--queues", "a b"], /queue/],
      [[tasks, "--lease", "10ms"], /lease/],
      [[tasks, "--profile", "slow"], /--profile "slow"/],
      [[tasks, "--health-port", "70000"], /--health-port "70000"/],
      [[tasks, "--max-leaked", "-1"], /--max-leaked/],
    ];
    for (const [args, message] of refused) {
      const { exit, stdout, stderr } = await worker(lab, ["start", ...args]);
      assert.deepEqual([exit, stdout], [2, ""], args.join(" "));
      assert.match(stderr, message);
    }
  }),
);

test(
  "started workers report their health, obey signals, and report their events as JSON",
  withRelier(async (lab) => {
    let send!: (signal: "SIGTERM") => void;
    let said!: () => string;
    const run = worker(lab, ["start", tasks, "--json", "--health-port", "0", "--name", "team"], {
      started: (...given) => [send, said] = given,
    });
    await until("it is ready", () => said().includes("1 worker ready"), 12_000);
    const url = /http:[^\s"]+/.exec(said())![0];
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    assert.equal((await fetch(`${url}/other`)).status, 404);
    const posted = await fetch(`${url}/livez`, { method: "POST" });
    assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
    assert.equal((await fetch(`${url}/metrics`, { method: "HEAD" })).status, 200);
    const metrics = scrapeOf(await (await fetch(`${url}/metrics`)).text());
    assert.equal(valueOf(metrics, "relier_worker_up", { worker: "team-1" }), 1);
    const ready = { queue: "default", state: "ready" };
    assert.equal(valueOf(metrics, "relier_queue_tasks", ready), 0);
    send("SIGTERM");
    const { exit, lines } = await run;
    assert.equal(exit, 0);
    const events = lines().map(({ event, workerName = "" }) => `${workerName} ${event}`.trim());
    assert.deepEqual(events.filter((each) => !each.endsWith("output")), [
      "team-1 working",
      "allReady",
      "drainAll",
      "team-1 draining",
      "team-1 drained",
      "team-1 left",
      "exit",
    ]);
    for (const { time, level, msg } of lines()) {
      assert.ok(Date.parse(time) > 0 && /^(info|warn|error)$/.test(level) && msg !== "");
    }
  }),
);

test(
  "workers are listed and shown by name, and by the prefix of their id",
  withRelier(async (lab) => {
    const none = await worker(lab, []);
    assert.deepEqual([none.exit, none.stdout], [0, ""]);
    const one = await lab.worker({ name: "one", concurrency: 4 });
    const two = await lab.worker({ name: "two" });
    await lab.rl.apush(rest, "listed");
    await running(lab, 1);
    const { stdout } = await worker(lab, ["list"]);
    assert.match(stdout, /WORKER +STATE +RUNTIME +SLOTS +BEAT +LAG +RSS +UP +QUEUES\n/);
    assert.match(stdout, /one +working +(node|bun|deno) \d+\.\d+ +\S{8} \d\/4 /);
    const rows = (await worker(lab, ["list", "--json"])).lines();
    assert.deepEqual(rows.map(({ id }) => id).sort(), [one.id, two.id].sort());
    const holder = rows.find(({ running }) => running === 1);
    const shown = await worker(lab, ["show", holder.id.slice(0, 8)]);
    assert.match(shown.stdout, new RegExp(`${holder.info.name} .*working`));
    assert.match(shown.stdout, / rest /);
    assert.equal((await worker(lab, ["show", "two", "--json"])).lines()[0].id, two.id);
    const nobody = await worker(lab, ["show", "three"]);
    assert.equal(nobody.exit, 4);
    assert.match(nobody.stderr, /known workers: one, two/);
    const which = await worker(lab, ["drain"]);
    assert.equal(which.exit, 2);
    assert.match(which.stderr, /name one: one \(w\S{8}\), two \(w\S{8}\)/);
    await until("it has begun", () => releases.has("listed"));
    releases.get("listed")!();
  }),
);

test(
  "a paused worker claims nothing until it resumes",
  withRelier(async (lab) => {
    await lab.worker({ name: "idler" });
    assert.equal((await worker(lab, ["pause"])).exit, 0);
    assert.match((await worker(lab, ["list"])).stdout, /idler +paused/);
    await lab.rl.apush(rest, "paused");
    assert.equal((await lab.queue.stats()).counts.ready, 1);
    const { exit, stdout } = await worker(lab, ["resume", "idler"]);
    assert.deepEqual([exit, stdout], [0, "✓ idler claims again\n"]);
    await running(lab, 1);
    await until("it has begun", () => releases.has("paused"));
    releases.get("paused")!();
  }),
);

test(
  "a drain reports the outcome of each task, and finds that none is lost",
  withRelier(async (lab) => {
    const handles = [];
    for (const key of ["ends", "goes on", "waits"]) handles.push(await lab.rl.apush(rest, key));
    const leaver = await lab.worker({ name: "leaver", concurrency: 2, prefetch: 1 });
    await running(lab, 3);
    await until("both began", () => releases.has("ends") && releases.has("goes on"));
    let said!: () => string;
    const run = worker(lab, ["drain", "--timeout", "1500ms"], {
      started: (_, given) => said = given,
    });
    await until("what waits is back", () => said().includes("had not started"));
    releases.get("ends")!();
    const { exit, stdout } = await run;
    const [ends, goesOn, waits] = handles.map(({ id }) => id.split("~")[2]!.slice(0, 10));
    const expected = [
      "⏳ Worker leaver entering drain mode...   2 tasks in flight, 1 not started, no new claims",
      `↩ ${waits} had not started — returned`,
      `✓ ${ends} completed (`,
      `⚠ ${goesOn} exceeded timeout — re-queuing (partial result saved)`,
      "✓ Clean exit. 1 task handed off. 1 returned unstarted. 0 lost.",
    ];
    for (const line of expected) assert.ok(stdout.includes(line), `${line}\nnot in\n${stdout}`);
    assert.equal(exit, 0);
    await leaver.stopped;
    const { counts } = await lab.queue.stats();
    assert.deepEqual([counts.completed, counts.ready, counts.running], [1, 2, 0]);
  }),
);

test(
  "a worker that dies while it drains is reported, with the way its tasks come back",
  withRelier(async (lab) => {
    await lab.worker({ name: "mortal" });
    const { id } = await lab.rl.apush(rest, "brought back");
    await running(lab, 1);
    let said!: () => string;
    const run = () =>
      worker(lab, ["drain", "mortal", "--timeout", "1"], { started: (_, given) => said = given });
    const first = run();
    await until("it drains", () => said().includes("entering drain mode"));
    const [{ id: mortal }] = (await worker(lab, ["list", "--json"])).lines();
    const [evicted] = await lab.queue.evict(mortal, "SIGKILL");
    assert.equal(evicted?.id, id);
    const { exit, stdout } = await first;
    assert.equal(exit, 1);
    assert.match(stdout, /◆ \S+ resurrected: the worker crashed \(SIGKILL\)/);
    assert.match(stdout, /The worker crashed before it was done\. 1 task resurrected\. 0 lost\./);
  }),
);

test(
  "a drain whose worker held a task that is missing at the end reports it, and exits 8",
  withRelier(async (lab) => {
    await lab.worker({ name: "robbed" });
    const { id } = await lab.rl.apush(rest, "robbed");
    await running(lab, 1);
    let said!: () => string;
    const run = worker(lab, ["drain", "robbed", "--timeout", "1"], {
      started: (_, given) => said = given,
    });
    await until("it drains", () => said().includes("entering drain mode"));
    const local = id.split("~")[2]!;
    for (const key of ["record", "task"] as const) await lab.redis.hdel(lab.key(key), local);
    await lab.redis.zrem(lab.key("running"), local);
    const { exit, stdout } = await run;
    assert.equal(exit, 8, stdout);
    assert.match(stdout, /is lost .*\n✖ 1 task lost: rl audit/);
    lab.expectBroken(/./);
  }),
);

test("the death of a process is described as closely as possible", () => {
  const died = { code: null, signal: null, stderr: "", oomKills: [3, 3] } as const;
  const causes: [Partial<Parameters<typeof causeOf>[0]>, string][] = [
    [{ signal: "SIGKILL" }, "SIGKILL"],
    [{ signal: "SIGKILL", oomKills: [3, 4] }, "out of memory"],
    [{ signal: "SIGTERM", oomKills: [3, 4] }, "SIGTERM"],
    [
      { signal: "SIGABRT", stderr: "FATAL ERROR: … JavaScript heap out of memory" },
      "out of memory",
    ],
    [{ code: 134, stderr: "JavaScript heap out of memory" }, "out of memory"],
    [{ code: 134 }, "SIGABRT"],
    [{ signal: "SIGSEGV" }, "SIGSEGV"],
    [{ code: 1 }, "exit 1"],
  ];
  for (const [how, cause] of causes) assert.equal(causeOf({ ...died, ...how }), cause);
});

const child: SupervisedProcess = {
  name: 'a "quoted"\\\nname',
  pid: 1,
  workerId: "w",
  state: "working",
  restarts: 2,
  report: undefined,
  totals: { ...noTotals, completed: 7 },
  resurrected: 3,
};

test("metrics are a text that a scraper reads, for every name of a worker", () => {
  const metrics = scrapeOf(workerMetrics([child], undefined, 10));
  const labels = { worker: child.name };
  assert.equal(valueOf(metrics, "relier_worker_restarts_total", labels), 2);
  const completed = { ...labels, outcome: "completed" };
  assert.equal(valueOf(metrics, "relier_worker_attempts_total", completed), 7);
});

test("a process is not ready while one of its workers is not, and names it and the reason", async () => {
  let children: SupervisedProcess[] = [{ ...child, name: "late", state: "starting" }];
  const look = () => Promise.reject(new Error("Redis is away"));
  const options = { host: "127.0.0.1", port: 0, children: () => children, slots: 1, look };
  const health = await openHealthServer(options);
  try {
    const asked = await fetch(`${health.url}/readyz`);
    assert.deepEqual([asked.status, await asked.text()], [503, "late is starting\n"]);
    assert.equal((await fetch(`${health.url}/metrics`)).status, 200);
    children = [];
    assert.equal((await fetch(`${health.url}/readyz`)).status, 503);
    const port = Number(new URL(health.url).port);
    await assert.rejects(openHealthServer({ ...options, port }), /it is in use/);
  } finally {
    health.close();
  }
});

test("suspects that wait for ten seconds get a process of their own until there are none", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  let waitingMs: number | undefined = 9_000;
  const done: string[] = [];
  const relief = createQuarantineHelper({
    look: () => Promise.resolve(waitingMs),
    begin: () => done.push("begin"),
    end: () => done.push("end"),
  });
  const look = async (times: number) => {
    for (let i = 0; i < times; i++) {
      mock.timers.tick(5_000);
      await Promise.resolve();
    }
  };
  await look(1);
  assert.deepEqual(done, []);
  waitingMs = 11_000;
  await look(1);
  assert.deepEqual(done, ["begin"]);
  waitingMs = undefined;
  await look(5);
  assert.deepEqual(done, ["begin"]);
  await look(1);
  assert.deepEqual(done, ["begin", "end"]);
  relief.stop();
  mock.timers.reset();
});
