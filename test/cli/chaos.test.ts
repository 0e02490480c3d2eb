/**
 * `rl chaos`: the cases that it refuses before any damage, and the tools that do the
 * damage.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { experiments } from "../../cli/lab/chaos/index.ts";
import { openLedger } from "../../cli/lab/ledger.ts";
import { openProxy } from "../../cli/lab/proxy.ts";
import { createRandom } from "../../cli/lab/random.ts";
import { spreadOf } from "../../cli/lab/spread.ts";
import { createRelier, createWorker } from "../../mod.ts";
import { assertFits } from "../support/mutant.ts";
import { mutants } from "../support/mutants.ts";
import { startRedis } from "../support/redis.ts";
import { dump } from "../support/leftovers.ts";
import { rl } from "../support/rl.ts";
import { until } from "../support/until.ts";

const server = await startRedis();
after(() => server.kill());

test("every experiment is listed with its claim, and whether it may strike running workers", async () => {
  const { exit, lines } = await rl(["chaos", "list", "--json"]);
  assert.equal(exit, 0);
  const rows = lines<{ name: string; proves: string; where: string }>();
  assert.equal(rows.length, Object.keys(experiments).length);
  assert.ok(rows.every(({ proves }) => proves.length > 20));
  const outside = rows.filter(({ where }) => where.startsWith("running")).map(({ name }) => name);
  assert.deepEqual(outside, ["worker-kill", "worker-freeze", "double-kill", "fleet-kill"]);
});

test("an impossible experiment is refused before any damage, with the alternative", async () => {
  const refusals: [string[], Record<string, string>, number, RegExp][] = [
    [["worker-kil"], {}, 2, /did you mean "worker-kill"/],
    [["worker-kill", "--sigal", "KILL"], {}, 2, /did you mean "--signal"/],
    [["worker-kill", "--signal", "HUP"], {}, 2, /--signal "HUP".*KILL, STOP, TERM/],
    [["worker-kill", "--times", "0"], {}, 2, /--times "0"/],
    [["worker-kill", "--self-contained", "--seed", "x"], {}, 2, /--seed "x"/],
    [["worker-kill", "--self-contained", "--workers", "1"], {}, 2, /--workers "1".*3 to 32/],
    [["worker-kill", "--self-contained", "--tasks", "-1"], {}, 2, /--tasks "-1"/],
    [["redis-slow", "--ms", "fast"], {}, 2, /--ms "fast"/],
    [["slow-task", "--duration", "1s"], {}, 2, /--duration "1s"/],
    [["load-spike", "--rps", "0"], {}, 2, /--rps "0"/],
    [["clock-skew", "--by", "soon"], {}, 2, /--by "soon".*duration/],
    [["oom", "--mb", "1"], {}, 2, /--mb "1"/],
    [["all"], {}, 2, /--self-contained/],
    [["redis-restart"], {}, 2, /Cannot run redis-restart where others work[^]*--self-contained/],
    [["deploy"], {}, 2, /--self-contained/],
    [["worker-kill"], {}, 1, /none runs on this machine[^]*--self-contained/],
    [["worker-kill"], { RELIER_ENV: "production" }, 2, /production[^]*--i-know-this-is-production/],
    [["all", "--self-contained", "--env", "production"], {}, 2, /production \(--env\)/],
  ];
  const before = await dump(server.url);
  for (const [args, env, exit, expected] of refusals) {
    const call = await rl(["chaos", ...args], { url: server.url, env });
    assert.equal(call.exit, exit, `${args.join(" ")}\n${call.stderr}`);
    assert.match(call.stderr, expected);
    assert.equal(call.stdout, "");
  }
  assert.deepEqual(await dump(server.url), before);
});

test("a worker without a process of its own is never struck", async () => {
  // The worker beats, Redis sees it, and its process is the one that would do the killing.
  await using relier = createRelier({ redis: server.url, tasks: [] });
  await using worker = createWorker(relier, { queues: ["mine"], handleSignals: false });
  await worker.start();
  await until("it is known", async () => (await relier.queue("mine").workers()).length === 1);
  const call = await rl(["chaos", "worker-kill"], { url: server.url });
  assert.equal(call.exit, 1);
  assert.match(call.stderr, /none runs on this machine/);
});

test("the code that the mutants remove is in its place", () => {
  for (const { edits } of mutants) assertFits(edits);
});

test("the same seed draws the same, another one something else", () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return [random.shuffled([1, 2, 3, 4, 5, 6, 7, 8]), random.integer(0, 1e9)];
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  const random = createRandom(1);
  const drawn = new Set(Array.from({ length: 200 }, () => random.integer(3, 5)));
  assert.deepEqual([...drawn].sort(), [3, 4, 5]);
});

test("the bank pays once for a key, for any number of callers", () => {
  const folder = mkdtempSync(join(tmpdir(), "relier-ledger-"));
  try {
    const [one, other] = [openLedger(folder), openLedger(folder)];
    assert.equal(one.pay("id-1", "k1"), true);
    assert.equal(other.pay("id-1", "k1"), false);
    assert.equal(other.pay("id-2", "k1"), true);
    assert.deepEqual(one.paid(), ["k1", "k1"]);
    assert.deepEqual(one.lines(), []);
    const line = { what: "start", id: "i", key: "k", attempt: 1, worker: "w", fence: 2 } as const;
    one.write(line);
    other.write(line);
    assert.deepEqual(one.lines().map(({ what, fence }) => [what, fence]), [["start", 2], [
      "start",
      2,
    ]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("values are spread by rank", () => {
  assert.equal(spreadOf([]), null);
  assert.deepEqual(spreadOf([5]), { count: 1, p50: 5, p95: 5, max: 5 });
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.deepEqual(spreadOf(hundred), { count: 100, p50: 50, p95: 95, max: 100 });
});

test("a network is slow, silent and whole again on command", async () => {
  const proxy = await openProxy(server.url);
  const ask = (ms: number): Promise<number> => {
    const since = performance.now();
    return new Promise((resolve) => {
      const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
      const end = (took: number): void => {
        socket.destroy();
        resolve(took);
      };
      socket.on("error", () => end(Infinity)).on("close", () => end(Infinity));
      socket.setTimeout(ms, () => end(Infinity));
      socket.on("data", () => end(performance.now() - since));
      socket.write("PING\r\n");
    });
  };
  try {
    assert.notEqual(await ask(5000), Infinity);
    assert.equal(proxy.touched, 0);
    proxy.slow(100);
    const slow = await ask(5000);
    assert.ok(slow >= 195 && slow < Infinity, `${slow} ms`);
    assert.ok(proxy.touched >= 2);
    proxy.partition();
    assert.equal(await ask(300), Infinity);
    proxy.heal();
    assert.notEqual(await ask(5000), Infinity);
  } finally {
    await proxy.close();
  }
});
