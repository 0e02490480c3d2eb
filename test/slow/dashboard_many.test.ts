/**
 * The dashboard over a hundred thousand tasks: the requests of a page do not grow with
 * their number, and an action on all of them runs in pieces.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { dashboard } from "../../adapters/hono.ts";
import { connect } from "../../adapters/ioredis.ts";
import { createRelier, createWorker, Discard, type RedisPort, rlTask } from "../../mod.ts";
import { type Answered, visitor } from "../support/browse.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const row = rlTask("import-row", (_: { n: number }) => {});

const dies = rlTask("dies", { queue: "graves" }, (_: { n: number }) => {
  throw new Discard("not deliverable");
});

const many = 100_000;
const atOnce = 5000;

const server = await startRedis();
const port = connect(server.url);
let calls = 0;
const counted: RedisPort = {
  ...port,
  run: (...args) => {
    calls++;
    return port.run(...args);
  },
};
const rl = createRelier({ redis: counted });
const who = visitor(dashboard(rl, { auth: () => ({ role: "operator", name: "ada" }) }));
after(async () => {
  await rl.close();
  await port.close();
  server.kill();
});

for (let from = 0; from < many; from += atOnce) {
  const list = Array.from({ length: atOnce }, (_, i): [{ n: number }] => [{ n: from + i }]);
  await rl.apushMany(row, list);
}

/** The number of scripts that ran since the last call. */
function cost(): number {
  const before = calls;
  calls = 0;
  return before;
}

const linkIn = ({ text }: Answered, rel: string): string =>
  `/${new RegExp(`href="([^"]+)" rel="${rel}"`).exec(text)![1]!.replaceAll("&amp;", "&")}`;

/** The form that goes on, as a browser sends it. */
function formIn({ text }: Answered): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)]
      .map(([, name, value]) => [name!, value!.replaceAll("&amp;", "&")]),
  );
}

test(
  "a page of a hundred thousand tasks costs as much as one of fifty, and a search shows its range",
  async () => {
    await who.get("/");
    cost();
    const first = await who.get("/tasks?state=ready");
    assert.match(first.text, /50 of 100,000/);
    // A look at the queue and its workers, and one page.
    assert.ok(cost() <= 6, "the first page");
    const second = await who.get(linkIn(first, "next"));
    assert.match(second.text, /100 of 100,000/);
    assert.ok(cost() <= 6, "the second page");
    const narrow = await who.get("/tasks?state=ready&error=none");
    assert.match(narrow.text, /0 tasks found; searched 5,000 of 100,000/);
    assert.ok(cost() <= 31, "a search that finds nothing");
    const further = await who.get(linkIn(narrow, "next"));
    assert.match(further.text, /searched 10,000 of 100,000/);
    cost();
    const deep = await who.get("/tasks?state=ready&payload.n=999999");
    assert.match(deep.text, /0 tasks found; searched 1,000 of 100,000/);
    assert.ok(cost() <= 1011, "a search in payloads");
    const task = /href="(tasks\/[^"]+)"/.exec(first.text)![1]!;
    assert.equal((await who.get(`/${task}`)).status, 200);
    assert.ok(cost() <= 8, "one task");
    assert.ok((await who.get("/dlq")).status === 200);
  },
);

test(
  "all of a hundred thousand are cancelled in bounded pieces, and none is left out",
  async () => {
    let answer = await who.post("/act/tasks.cancel", { scope: "all", filter: "state=ready" });
    assert.match(answer.text, /Cancel 100,000 tasks\?/);
    assert.ok(cost() <= 10, "the question");
    let rounds = 0;
    do {
      answer = await who.post("/act/tasks.cancel", formIn(answer));
      rounds++;
      assert.ok(cost() <= 2030, "a piece");
    } while (answer.status === 200);
    assert.equal(answer.status, 303);
    assert.equal(rounds, 50);
    assert.match((await who.get("/tasks")).text, /100,000 tasks cancelled\./);
    const { counts } = await rl.queue("default").stats();
    assert.deepEqual([counts.ready, counts.cancelled], [0, many]);
    assert.deepEqual(await rl.queue("default").audit(), []);
  },
);

test("a page of dead letters does not wait until thousands of new ones are counted", async () => {
  const graves = rl.queue("graves");
  const dead = async (n: number): Promise<void> =>
    await until(`${n} are dead`, async () => (await graves.stats()).counts.dead === n);
  const worker = createWorker(rl, { queues: ["graves"], concurrency: 200, handleSignals: false });
  await worker.start();
  await rl.apushMany(dies, Array.from({ length: 3000 }, (_, n): [{ n: number }] => [{ n }]));
  await dead(3000);
  const open = async (): Promise<string> => (await who.get("/dlq?queue=graves")).text;
  assert.match(await open(), /1 group of 3,000 dead tasks/);
  await rl.apush(dies, { n: 3000 });
  await dead(3001);
  await worker.drain();
  await until("a snapshot has seen the last one", async () => {
    return /queue=graves"><span[^>]*>3,001/.test((await who.get("/queues")).text);
  });
  cost();
  assert.match(await open(), /of 3,000 dead tasks/);
  // A reading of all is 15 pages.
  assert.ok(cost() <= 8, "a page that does not wait");
  await until("it is counted", async () => (await open()).includes("3,001 dead tasks"));
});
