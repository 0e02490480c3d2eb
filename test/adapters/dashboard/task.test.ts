/**
 * The page of a task: its history, the reason for its state, its contents, and a
 * release with another payload.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { dashboard } from "../../../adapters/hono.ts";
import { Discard, rlTask, taskContext } from "../../../mod.ts";
import { type Visitor, visitor, withQueue } from "../../support/browse.ts";
import { listeningLogger } from "../../support/listening_logger.ts";
import type { Lab } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const evil = `"><script>alert(1)</script>\u202egnp.exe`;

const breaks = rlTask("breaks", { retry: { attempts: 1 } }, (_: unknown) => {
  throw new TypeError(`secret-free ${evil}`);
});
const works = rlTask("works", (n: number) => ({ twice: n * 2 }));
const kept = rlTask("kept", { keepPayload: true }, (n: number) => n);
const strict = rlTask(
  "strict",
  { input: v.object({ cents: v.number() }), retry: { attempts: 1 } },
  ({ cents }) => {
    if (cents < 0) throw new Discard("less than nothing");
  },
);

function as(role: "viewer" | "operator" | "admin", { rl }: Lab): Visitor {
  return visitor(dashboard(rl, { auth: () => ({ role, name: "ada" }) }));
}

const pageOf = (id: string): string => `/tasks/${encodeURIComponent(id)}`;

async function end({ rl }: Lab, id: string, state: string): Promise<void> {
  await until(`it is ${state}`, async () => (await rl.handle(id).status()).state === state);
}

test(
  "a finished task runs again by a button that asks, where its payload is kept",
  withQueue(async (lab) => {
    await lab.worker();
    const [{ id }, gone] = await Promise.all([kept.apush(21), works.apush(1)]);
    await Promise.all([end(lab, id, "completed"), end(lab, gone.id, "completed")]);
    const operator = as("operator", lab);
    assert.match((await operator.get(pageOf(id))).text, /Run again/);
    assert.doesNotMatch((await operator.get(pageOf(gone.id))).text, /Run again/);
    assert.doesNotMatch((await as("viewer", lab).get(pageOf(id))).text, /Run again/);
    const act = "/act/tasks.run-again";
    assert.equal((await as("viewer", lab).post(act, { id, sure: "yes" })).status, 403);
    assert.match((await operator.post(act, { id })).text, /Run this task again\?/);
    assert.equal((await operator.post(act, { id: gone.id, sure: "yes" })).status, 409);
    assert.equal((await lab.queue.stats()).events["created"], 2);
    assert.equal((await operator.post(act, { id, sure: "yes" })).status, 303);
    assert.equal((await lab.queue.stats()).events["created"], 3);
    const { action, target } = (await lab.rl.actions()).actions[0]!;
    assert.deepEqual([action, target], ["tasks.run-again", id]);
  }),
);

test(
  "the page of a task shows its life, each attempt, the reason for its state, and its outcome",
  withQueue(async (lab) => {
    await lab.worker({ name: "w-1" });
    const { id } = await works.apush(21);
    await end(lab, id, "completed");
    const { text } = await as("operator", lab).get(pageOf(id));
    for (const word of ["pushed", "#1", "kept until"]) {
      assert.match(text, new RegExp(`<b>${word}</b>`), word);
    }
    assert.match(text, /<b>#1<\/b><span class="badge tone-good">completed<\/span>/);
    assert.match(text, /It was completed by/);
    assert.match(text, /&quot;twice&quot;: 42/);
    assert.match(text, /<svg class="stretch run"/);
    assert.match(text, />w-1</);
    const dead = await breaks.apush("x");
    await end(lab, dead.id, "dead");
    const { text: deadPage } = await as("operator", lab).get(pageOf(dead.id));
    assert.match(deadPage, /It is dead: its last attempt failed/);
    assert.match(deadPage, /<b>#1<\/b><span class="badge tone-bad">failed<\/span>/);
    assert.match(deadPage, /class="tone-bad error"><bdi><b>TypeError<\/b>/, "its error beside it");
    assert.match(deadPage, /<b>died<\/b>/);
    assert.match(deadPage, /\$ rl dlq release default~0~/);
    assert.match(deadPage, /data-copy="rl tasks push breaks --json-args/);
  }),
);

test(
  "a task that came back from a lost worker shows that, and its present worker",
  withQueue(async (lab) => {
    const { id } = await works.apush(1);
    const local = id.split("~")[2]!;
    await lab.moves.turn({ slots: 1 });
    await lab.redis.zadd(lab.key("running"), 1, local);
    await lab.queue.sweep();
    const { text } = await as("viewer", lab).get(pageOf(id));
    assert.match(text, /class="badge[^"]*">(lost|not started)<\/span>/);
  }),
);

test(
  "a viewer sees the story and the error, but no data of a payload",
  withQueue(async (lab) => {
    await lab.worker();
    const { id } = await breaks.apush({ card: "4711-0815" });
    await end(lab, id, "dead");
    const done = await works.apush(9_007_199_254);
    await end(lab, done.id, "completed");
    const who = as("viewer", lab);
    const { text } = await who.get(`${pageOf(id)}?edit=1`);
    assert.match(text, /secret-free/);
    assert.match(text, /Hidden from viewers/);
    assert.doesNotMatch(text, /4711-0815|method="post"|textarea|\.test\.ts/);
    const { text: result } = await who.get(pageOf(done.id));
    assert.doesNotMatch(result, /twice|18014398508|9007199254/);
  }),
);

test(
  "each failed attempt has its own error; its last log lines are hidden from viewers",
  withQueue(async (lab) => {
    const tries = rlTask("tries", { retry: { attempts: 3, backoff: "fixed", base: 1 } }, () => {
      const { attempt, log } = taskContext();
      log.info(`asked ${evil}`, { attempt });
      if (attempt < 3) throw new TypeError(`no answer ${attempt}`);
    });
    await lab.worker({ logger: listeningLogger().logger });
    const { id } = await tries.apush();
    await end(lab, id, "completed");
    const { text } = await as("operator", lab).get(pageOf(id));
    for (const n of [1, 2]) {
      assert.match(text, new RegExp(`<b>TypeError</b>: no answer ${n}</bdi>`));
      assert.match(text, new RegExp(`INFO {2}asked .*&quot;attempt&quot;:${n}`));
    }
    assert.doesNotMatch(text, /<script>alert/);
    const viewed = (await as("viewer", lab).get(pageOf(id))).text;
    assert.match(viewed, /no answer 1/);
    assert.doesNotMatch(viewed, /asked/);
  }),
);

test(
  "the data of a task appear as text in its page, up to a limit",
  withQueue(async (lab) => {
    await lab.worker();
    const { id } = await breaks.apush({ [evil]: evil, long: "y".repeat(900_000) });
    await end(lab, id, "dead");
    const { text } = await as("admin", lab).get(pageOf(id));
    assert.doesNotMatch(text, /<script>alert/);
    assert.match(text, /&lt;script&gt;/);
    assert.doesNotMatch(text, /\u202e(?!gnp\.exe<\/bdi>)/, "nothing turns around what follows");
    assert.match(text, /\\u202egnp\.exe/, "in JSON it is spelt");
    assert.ok(text.length < 40_000, `${text.length} characters`);
    assert.match(text, /of 900,\d\d\d characters/);
    assert.doesNotMatch(text, /rl tasks push/, "it is too long to copy");
    const { text: form } = await as("admin", lab).get(`${pageOf(id)}?edit=1`);
    assert.ok(form.length > 900_000, "who edits it gets all of it");
    assert.doesNotMatch(form, /<script>alert/);
  }),
);

test(
  "a payload is edited and released; faults in it are listed beside it, and change nothing",
  withQueue(async (lab) => {
    await lab.worker();
    const { id } = await strict.apush({ cents: -1 });
    await end(lab, id, "dead");
    const who = as("operator", lab);
    assert.match((await who.get(`${pageOf(id)}?edit=1`)).text, /&quot;cents&quot;: -1/);
    const before = await lab.tasks();
    const edit = (payload: string) => who.post("/act/tasks.edit", { id, payload });
    const broken = await edit(`{"cents": 5,`);
    assert.match(broken.text, /not valid JSON/);
    assert.match(broken.text, /<textarea[^>]*>\{&quot;cents&quot;: 5,<\/textarea>/);
    const unfit = await edit(`{"cents": "five"}`);
    assert.equal(unfit.status, 400);
    assert.match(unfit.text, /cents: Invalid type/);
    assert.match(unfit.text, /&quot;five&quot;/);
    assert.deepEqual(await lab.tasks(), before);
    const done = await edit(`{"cents": 5}`);
    assert.equal(done.status, 303);
    assert.equal(done.headers.get("location"), pageOf(id));
    await end(lab, id, "completed");
    const late = await edit(`{"cents": 5}`);
    assert.equal(late.status, 400);
    assert.match(late.text, /not dead any more/);
    assert.ok(!JSON.stringify((await lab.rl.actions()).actions).includes("cents"));
  }),
);

test(
  "each state offers its possible actions, and each runs once",
  withQueue(async (lab) => {
    const { id } = await works.with({ delay: "1h" }).apush(3);
    const who = as("admin", lab);
    const waiting = (await who.get(pageOf(id))).text;
    assert.match(waiting, /act\/tasks\.cancel/);
    assert.match(waiting, /act\/tasks\.run/);
    assert.doesNotMatch(waiting, /act\/tasks\.(release|discard|edit)/);
    assert.match(waiting, /It was pushed with a delay/);
    await who.post("/act/tasks.run", { id, sure: "yes", back: pageOf(id).slice(1) });
    assert.match((await who.get(pageOf(id))).text, /1 task made ready/);
    await who.post("/act/tasks.cancel", { id, sure: "yes" });
    assert.match((await who.get(pageOf(id))).text, /It was cancelled: by ada, in the dashboard/);
    await who.post("/act/tasks.discard", { id, sure: "yes" });
    assert.equal((await who.get(pageOf(id))).status, 404);
    for (const none of ["x", "default~0~x", `${id}x`, "nobodys~0~0000000000000000000000"]) {
      assert.equal((await who.get(pageOf(none))).status, 404, none);
    }
  }),
);

test(
  "progress of a running task is shown, and its remark only to those who may see payloads",
  withQueue(async (lab) => {
    const slow = rlTask("slow", { replace: true }, async () => {
      const ctx = taskContext();
      ctx.progress(40, "card 4711");
      await until("it is let go", () => ctx.signal.aborted, 10_000);
    });
    const worker = await lab.worker();
    const { id } = await slow.apush();
    await until("it says how far it is", async () => (await lab.queue.inspect(id)).progress === 40);
    assert.match((await as("operator", lab).get(pageOf(id))).text, /40%[^]*card 4711/);
    const { text } = await as("viewer", lab).get(pageOf(id));
    assert.match(text, /40%/);
    assert.doesNotMatch(text, /card 4711/);
    await worker.drain({ timeout: 0 });
  }),
);

test(
  "results of steps are shown while the task runs, hidden from viewers, and gone when it is over",
  withQueue(async (lab) => {
    let goesOn = false;
    const stepping = rlTask("stepping", { replace: true }, async (card: string) => {
      const { step } = taskContext();
      await step("charge", () => ({ receipt: `of ${card}`, evil }));
      await step("mail", () => {});
      await until("it goes on", () => goesOn, 10_000);
      for (let i = 1; i <= 60; i++) await step(`page ${i}`, () => "y".repeat(i === 60 ? 9000 : 1));
      await until("it may end", () => !goesOn, 10_000);
    });
    const stepsOf = async (id: string) => (await lab.queue.inspect(id)).steps;
    await lab.worker();
    const { id } = await stepping.apush("4711-0815");
    await until("two are done", async () => (await stepsOf(id)).length === 2);
    const { text } = await as("operator", lab).get(pageOf(id));
    assert.match(text, /<h2>Steps<\/h2>[^]*2 steps, kept for the next attempt/);
    assert.match(text, /charge[^]*&quot;receipt&quot;: &quot;of 4711-0815&quot;/);
    assert.match(text, /mail<\/bdi><\/dt>\s*<dd><p class="empty">no result</);
    assert.doesNotMatch(text, /<script>alert/);
    const hidden = (await as("viewer", lab).get(pageOf(id))).text;
    assert.match(hidden, /<h2>Steps<\/h2>[^]*Hidden from viewers/);
    assert.doesNotMatch(hidden, /charge|receipt|4711-0815/);

    const gone = new AbortController();
    const app = dashboard(lab.rl, { auth: () => "operator" });
    const live = await app.fetch(
      new Request(`http://shop.test/live${pageOf(id)}`, { signal: gone.signal }),
    );
    goesOn = true;
    let heard = "";
    for await (const text of live.body!.pipeThrough(new TextDecoderStream())) {
      heard += text;
      if (/"steps":[^]*the last 50 of 62/.test(heard)) break;
    }
    gone.abort();
    // An earlier patch may show an intermediate state with only the first of them.
    const last = heard.slice(heard.lastIndexOf("event: patch"));
    assert.match(last, /of 9,002 characters/, "a long one is cut, and says so");
    assert.doesNotMatch(last, /page 10<|y{3000}/);
    goesOn = false;
    await end(lab, id, "completed");
    assert.deepEqual(await stepsOf(id), []);
    assert.doesNotMatch((await as("operator", lab).get(pageOf(id))).text, /<h2>Steps/);
  }),
);
