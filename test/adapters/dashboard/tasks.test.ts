/**
 * The page of tasks: filters find tasks by their properties, and an action on many
 * follows only after their number was shown.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { actions } from "../../../adapters/dashboard/routes.ts";
import { dashboard } from "../../../adapters/hono.ts";
import { Discard, rlTask } from "../../../mod.ts";
import { type Visitor, visitor, withQueue } from "../../support/browse.ts";
import type { Lab } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const order = rlTask("order", (_: { customer: { id: number } }) => {});
const greet = rlTask("greet", (_: string) => {});
const breaks = rlTask("break-down", (why: string) => {
  throw new Discard(why);
});

function as(role: "viewer" | "operator" | "admin", { rl }: Lab): Visitor {
  return visitor(dashboard(rl, { auth: () => ({ role, name: "ada" }) }));
}

/** The ids of the rows of a table. */
function rows(text: string): string[] {
  return [...text.matchAll(/<tr data-key="([^"]+)"/g)].map(([, id]) => id!);
}

async function counts({ queue }: Lab) {
  return (await queue.stats()).counts;
}

test(
  "tasks are found by state, name, error, reason, age, id and payload",
  withQueue(async (lab) => {
    const dead = await breaks.apush("no bank answers");
    await lab.worker();
    await until("it is dead", async () => (await counts(lab)).dead === 1);
    await lab.queue.pause("claims", "to keep them where they are");
    const handles = [];
    for (const id of [1, 2, 42]) handles.push(await order.apush({ customer: { id } }));
    const later = await greet.with({ delay: "1h" }).apush("world");
    const [first, , third] = handles.map(({ id }) => id);
    const who = as("operator", lab);
    const find = async (query: string): Promise<string[]> =>
      rows((await who.get(`/tasks?${query}`)).text).sort();
    const sorted = (...ids: (string | undefined)[]): (string | undefined)[] => ids.sort();
    assert.deepEqual(await find(""), sorted(...handles.map(({ id }) => id), dead.id, later.id));
    assert.deepEqual(await find("state=scheduled"), [later.id]);
    assert.deepEqual(await find("state=dead,scheduled"), sorted(dead.id, later.id));
    assert.deepEqual(await find("name=order&since=1h"), sorted(...handles.map(({ id }) => id)));
    assert.deepEqual(await find("error=bank"), [dead.id]);
    assert.deepEqual(await find("reason=discarded"), [dead.id]);
    assert.deepEqual(await find("queue=default&name=greet"), [later.id]);
    assert.deepEqual(await find("queue=nobodys"), []);
    assert.deepEqual(await find(`id=${first!.split("~")[2]!.slice(0, 8)}`), [first]);
    assert.deepEqual(await find(`id=${encodeURIComponent(first!)}&state=dead`), []);
    assert.deepEqual(await find("payload.customer.id=42"), [third]);
    assert.deepEqual(await find("payload=0.customer.id%3D42"), [third]);
    assert.deepEqual(await find("payload=world&name=greet"), [], "it says how to write it");
    assert.deepEqual(await find("payload.0=world"), [later.id]);
    assert.deepEqual(await find("payload.constructor.name=Array"), []);
    const { text } = await who.get("/tasks?payload.customer.id=42");
    assert.match(text, /1 task found; searched 5 of 5/);
    assert.match(text, /value="payload.customer.id:42"/, "what was asked stands in the form");
  }),
);

test(
  "an invalid search is reported beside the form, and finds nothing",
  withQueue(async (lab) => {
    await greet.apush("world");
    const who = as("operator", lab);
    for (
      const [query, why] of [
        ["since=soon", /10m, 2h or 7d/],
        ["state=nowhere", /it must be one of scheduled/],
        ["queue=%7Bx%7D", /it is no valid queue name/],
        ["payload=x", /customer.id=42/],
        ["cursor=x", /belongs to another list/],
        [`name=${"x".repeat(400)}`, /too long/],
      ] as const
    ) {
      const { status, text } = await who.get(`/tasks?${query}`);
      assert.equal(status, 200, query);
      assert.match(text, why);
      assert.deepEqual(rows(text), [], query);
    }
  }),
);

test(
  "a viewer learns nothing about payloads, neither from pages nor by requests",
  withQueue(async (lab) => {
    const { id } = await order.apush({ customer: { id: 4711 } });
    const who = as("viewer", lab);
    for (const query of ["payload.customer.id=4711", "payload=customer.id%3D4711"]) {
      const { text } = await who.get(`/tasks?${query}`);
      assert.match(text, /need the role &quot;operator&quot;/);
      assert.deepEqual(rows(text), []);
    }
    const { text } = await who.get("/tasks");
    assert.deepEqual(rows(text), [id]);
    assert.doesNotMatch(text, /method="post"|type="checkbox"|4711/);
  }),
);

test(
  "an action covers all matching tasks after their number was shown, and leaves later ones alone",
  withQueue(async (lab) => {
    for (let i = 0; i < 7; i++) await greet.apush(`n ${i}`);
    await order.apush({ customer: { id: 1 } });
    const who = as("operator", lab);
    const fields = { scope: "all", filter: "state=ready&name=greet", back: "tasks?state=ready" };
    const asked = await who.post("/act/tasks.cancel", fields);
    assert.equal(asked.status, 200);
    assert.match(asked.text, /Cancel 7 tasks\?/);
    assert.equal(asked.text.match(/<li><span class="mono">default~0~/g)?.length, 3);
    assert.match(asked.text, /\$ rl tasks cancel --state ready --where name=greet/);
    assert.equal((await counts(lab)).ready, 8);
    assert.deepEqual((await lab.rl.actions()).actions, []);
    const sent = Object.fromEntries(
      [...asked.text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)]
        .map(([, name, value]) => [name!, value!.replaceAll("&amp;", "&")]),
    );
    await until("its moment is over", () => Date.now() > Number(sent["until"]));
    await greet.apush("late");
    const done = await who.post("/act/tasks.cancel", sent);
    assert.equal(done.status, 303);
    assert.equal(done.headers.get("location"), "/tasks?state=ready");
    const now = await counts(lab);
    assert.deepEqual([now.ready, now.cancelled], [2, 7]);
    assert.match((await who.get("/tasks")).text, /7 tasks cancelled\./);
    const [{ actor, action, target }] = (await lab.rl.actions()).actions as [never] as [
      { actor: string; action: string; target: string },
    ];
    assert.deepEqual([actor, action], ["ada", "tasks.cancel"]);
    assert.equal(target, "all with state=ready&name=greet");
  }),
);

test(
  "the record of a search in payloads holds none of their data",
  withQueue(async (lab) => {
    await order.apush({ customer: { id: 4711 } });
    const who = as("operator", lab);
    const fields = { scope: "all", filter: "payload.customer.id=4711", sure: "yes" };
    assert.equal((await who.post("/act/tasks.cancel", fields)).status, 303);
    assert.equal((await counts(lab)).cancelled, 1);
    const { target } = (await lab.rl.actions()).actions[0]!;
    assert.match(target, /payload\.customer\.id/);
    assert.doesNotMatch(target, /4711/);
  }),
);

test(
  "an action covers the selected tasks, and those that changed meanwhile are listed",
  withQueue(async (lab) => {
    const handles = [];
    for (let i = 0; i < 3; i++) handles.push(await greet.with({ delay: "1h" }).apush(`n ${i}`));
    const ids = handles.map(({ id }) => id);
    await handles[2]!.cancel();
    const who = as("operator", lab);
    const asked = await who.post("/act/tasks.run", { id: ids.join(",") });
    assert.match(asked.text, /Run now 3 tasks\?/);
    assert.equal((await counts(lab)).scheduled, 2);
    await who.post("/act/tasks.run", { id: ids.join(","), sure: "yes" });
    assert.equal((await counts(lab)).ready, 2);
    assert.match((await who.get("/tasks")).text, /2 tasks made ready\. 1 task had changed/);
    const lone = await who.post("/act/tasks.run", { id: ids[2]!, sure: "yes" });
    assert.equal(lone.status, 400);
    assert.match(lone.text, /it is in another state, or no longer exists/);
  }),
);

test(
  "checked boxes arrive as a browser sends them",
  withQueue(async (lab) => {
    const handles = [await greet.apush("a"), await greet.apush("b"), await greet.apush("c")];
    const app = dashboard(lab.rl, { auth: "dangerously-none" });
    const body = new URLSearchParams({ scope: "selected", filter: "", sure: "yes" });
    for (const { id } of handles.slice(0, 2)) body.append("id", id);
    const { status } = await app.fetch(
      new Request("http://shop.test/act/tasks.cancel", {
        method: "POST",
        headers: { "sec-fetch-site": "same-origin" },
        body,
      }),
    );
    assert.equal(status, 303);
    const now = await counts(lab);
    assert.deepEqual([now.ready, now.cancelled], [1, 2]);
  }),
);

test(
  "no action on tasks is done for another site, for a viewer, or for a form of unknown origin",
  withQueue(async (lab) => {
    const dead = await breaks.apush("it");
    await lab.worker();
    await until("it is dead", async () => (await counts(lab)).dead === 1);
    await lab.queue.pause("claims", "to keep it where it is");
    const { id } = await greet.apush("world");
    const before = await lab.tasks();
    const names = actions.map(({ name }) => name).filter((name) => /^(tasks|dlq)\./.test(name));
    assert.equal(names.length, 7);
    const good = { id: dead.id, scope: "all", filter: "", payload: "[]", sure: "yes" };
    for (const name of names) {
      const path = `/act/${name}`;
      const elsewhere = { "sec-fetch-site": "cross-site" };
      assert.equal((await as("admin", lab).post(path, good, elsewhere)).status, 403, name);
      assert.equal((await as("viewer", lab).post(path, good)).status, 403, name);
    }
    const operator = as("operator", lab);
    assert.equal((await operator.post("/act/tasks.discard", good)).status, 403);
    for (
      const fields of [
        {},
        { id: "" },
        { id: "x", payload: "[]" },
        { id: `${id},no id`, payload: "[]" },
        { id: "default~0~short", payload: "[]" },
        { scope: "all" },
        { scope: "all", filter: "state=nowhere" },
        { scope: "all", filter: "queue={x}" },
      ]
    ) {
      for (const name of names) {
        const { status } = await as("admin", lab).post(
          `/act/${name}`,
          { ...fields, sure: "yes" } as Record<string, string>,
        );
        assert.equal(status, 400, `${name} ${JSON.stringify(fields)}`);
      }
    }
    assert.deepEqual(await lab.tasks(), before);
  }),
);

test(
  "a line of conditions finds the same tasks as its parameters, and each is a chip that can be removed",
  withQueue(async (lab) => {
    const dead = await breaks.apush("no bank answers");
    await lab.worker();
    await until("it is dead", async () => (await counts(lab)).dead === 1);
    await lab.queue.pause("claims", "to keep them where they are");
    const { id } = await order.apush({ customer: { id: 42 } });
    const later = await greet.with({ delay: "1h" }).apush("world");
    const who = as("operator", lab);
    const page = async (line: string): Promise<string> =>
      (await who.get(`/tasks?q=${encodeURIComponent(line)}`)).text;
    const find = async (line: string): Promise<string[]> => rows(await page(line));
    assert.deepEqual(await find("name:order"), [id]);
    assert.deepEqual(await find("queue:default task:greet"), [later.id]);
    assert.deepEqual(await find('error:"no bank"'), [dead.id]);
    assert.deepEqual(await find("bank answers"), [dead.id], "words are a part of the error");
    assert.deepEqual(await find("greet"), [later.id], "a name stands for itself");
    assert.deepEqual(await find("dead"), [dead.id], "and so does a state");
    assert.deepEqual(await find(id), [id]);
    assert.deepEqual(await find("payload.customer.id:42"), [id]);
    assert.match(await page("since:soon"), /10m, 2h or 7d/);
    const text = await page("queue:default name:order");
    assert.match(text, /href="tasks\?name=order" aria-label="Remove queue default"/);
    assert.match(text, /href="tasks\?queue=default" aria-label="Remove name order"/);
    assert.match(text, /<option value="name:greet">/, "what is known is suggested");
    assert.match(await page("name:order"), /ready <b>1<\/b>/, "the tabs count what matches");
  }),
);

test(
  "rows are sorted by the column that the address names, in both directions",
  withQueue(async (lab) => {
    await lab.queue.pause("claims", "to keep them where they are");
    const first = await order.apush({ customer: { id: 1 } });
    const second = await greet.apush("world");
    const who = as("viewer", lab);
    const sorted = async (by: string) => rows((await who.get(`/tasks?sort=${by}`)).text);
    assert.deepEqual(await sorted("task"), [second.id, first.id]);
    assert.deepEqual(await sorted("-task"), [first.id, second.id]);
    const { text } = await who.get("/tasks?sort=-task&queue=default");
    assert.match(text, /aria-sort="descending"><a href="tasks\?sort=task&amp;queue=default">task/);
    assert.equal((await sorted("%3Cscript%3E")).length, 2);
  }),
);
