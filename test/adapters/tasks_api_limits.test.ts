/**
 * The HTTP API of tasks: what it reads from Redis, how many streams it holds, and the answer to a
 * push that causes no run.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import * as v from "valibot";
import { createTaskStreams } from "../../adapters/http/task_events.ts";
import { tasksApi } from "../../adapters/hono.ts";
import { memory } from "../../adapters/memory.ts";
import { createRelier, createWorker, type Relier, rlTask } from "../../mod.ts";
import { bounded, until } from "../support/until.ts";

const text = rlTask("limits-text", { input: v.string() }, (input) => input.length);
const failing = rlTask(
  "limits-failing",
  { input: v.string(), retry: 1, ifDead: "join" },
  () => Promise.reject(new Error("no")),
);
const api = (rl: Relier): Hono =>
  new Hono().route("/tasks", tasksApi(rl, { tasks: [text, failing], auth: "dangerously-none" }));

test("the state of a task with a large payload is read without the payload", async () => {
  const port = memory();
  let bytes = 0;
  await using rl = createRelier({
    redis: {
      ...port,
      async run(...call) {
        const reply = await port.run(...call);
        bytes += JSON.stringify(reply).length;
        return reply;
      },
    },
  });
  const { id } = await rl.apush(text, "x".repeat(500_000));
  bytes = 0;
  const app = api(rl);
  assert.equal((await app.request(`/tasks/${id}`)).status, 200);
  assert.equal((await app.request(`/tasks/${id}/result`)).status, 202);
  assert.equal((await app.request(`/tasks/${id}`, { method: "DELETE" })).status, 202);
  assert.ok(bytes < 5000, `${bytes} bytes were read`);
  await port.close();
});

test("more event streams than the limit are refused with 503, and leave again", async () => {
  await using rl = createRelier({ redis: memory() });
  const { id } = await rl.apush(text, "x");
  const stream = createTaskStreams(1);
  const app = new Hono().get("/", (c) => stream(c, { handle: rl.handle(id) } as never));
  const first = (await app.request("/")).body!.getReader();
  await bounded("its state", first.read());
  const refused = await app.request("/");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
  await first.cancel();
  await until("there is room", async () => {
    const answer = await app.request("/");
    await answer.body?.cancel();
    return answer.status === 200;
  });
});

test("an event stream ends with its client", async () => {
  const rl = createRelier({ redis: memory() });
  const { id } = await rl.apush(text, "x");
  const response = await api(rl).request(`/tasks/${id}/events`);
  const reader = response.body!.getReader();
  await bounded("its state", reader.read());
  await rl.close();
  await bounded(
    "the end",
    (async () => {
      while (!(await reader.read()).done);
    })(),
  );
});

test("a push whose key is dead, and that causes no run, is answered with 409", async () => {
  await using rl = createRelier({ redis: memory(), tasks: [text, failing] });
  await using worker = createWorker(rl, { handleSignals: false });
  await worker.start();
  const push = () =>
    api(rl).request("/tasks/limits-failing", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": '"k-1"' },
      body: '"x"',
    });
  const { id } = await (await push()).json() as { id: string };
  await assert.rejects(rl.handle(id).result({ timeout: "10s" }), { code: "RL_TASK_FAILED" });
  const again = await push();
  assert.equal(again.status, 409);
  assert.deepEqual(await again.json(), {
    title: "The task of this key is dead",
    status: 409,
    id,
  });
});
