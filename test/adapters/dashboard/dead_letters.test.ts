/**
 * The page of dead tasks: by cause of death, a few first, and as a file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { dashboard } from "../../../adapters/hono.ts";
import { exportLines } from "../../../core/console/export_lines.ts";
import { Discard, rlTask } from "../../../mod.ts";
import { type Visitor, visitor, withQueue } from "../../support/browse.ts";
import type { Lab } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

let mended = false;
const charge = rlTask("charge", (n: number) => {
  if (!mended) throw new Discard(`card ${n} was declined, with "reason ${n}"`);
});
const other = rlTask("other", () => {
  throw new Discard(`no <b>way</b>`);
});

function as(role: "viewer" | "operator" | "admin", { rl }: Lab): Visitor {
  return visitor(dashboard(rl, { auth: () => ({ role, name: "ada" }) }));
}

async function dead({ queue }: Lab): Promise<number> {
  return (await queue.stats()).counts.dead;
}

/** Fills a queue with seven charges that died of one cause, and one task of another. */
async function bury(lab: Lab): Promise<void> {
  mended = false;
  await lab.worker();
  for (let n = 100; n < 107; n++) await charge.apush(n);
  await other.apush();
  await until("all are dead", async () => await dead(lab) === 8);
}

/** The address of the page for the group of charges. */
async function groupOf(who: Visitor): Promise<string> {
  const { text } = await who.get("/dlq");
  const href = [...text.matchAll(/href="(dlq\/group\?[^"]+)"/g)].map(([, href]) => href!)
    .find((href) => href.includes("name=charge"))!;
  return `/${href.replaceAll("&amp;", "&")}`;
}

test(
  "tasks with the same cause of death are one group, and a group has a permanent address",
  withQueue(async (lab) => {
    await bury(lab);
    const who = as("viewer", lab);
    const { text } = await who.get("/dlq");
    assert.match(text, /2 groups of 8 dead tasks/);
    assert.doesNotMatch(text, /<b>way<\/b>/);
    const group = await who.get(await groupOf(who));
    assert.equal(group.status, 200);
    assert.equal(group.text.match(/<tr data-key="default~/g)?.length, 7);
    assert.match(group.text, /<bdi>discarded<\/bdi>; from/);
    assert.doesNotMatch(group.text, /method="post"|dlq\/export/);
    const none = await who.get("/dlq/group?like=nothing");
    assert.equal(none.status, 200);
    assert.match(none.text, /No task of this group is dead/);
  }),
);

test(
  "five of a group are released as a canary and watched, and then the others",
  withQueue(async (lab) => {
    await bury(lab);
    const who = as("operator", lab);
    const path = await groupOf(who);
    const filter = new URLSearchParams(path.split("?")[1]);
    filter.set("state", "dead");
    const fields = { filter: filter.toString(), scope: "all" };
    const release = async (): Promise<string> => {
      const { status, headers } = await who.post("/act/dlq.canary", { ...fields, sure: "yes" });
      assert.equal(status, 303);
      return headers.get("location")!;
    };
    const failing = await release();
    await until("they are dead again", async () => await dead(lab) === 8);
    const page = (await who.get(failing)).text;
    assert.match(page, /5 tasks failed again/);
    assert.doesNotMatch(page, /Release the others/);
    mended = true;
    const place = await release();
    await until("they have completed", async () => await dead(lab) === 3);
    await until(
      "the page knows it",
      async () => /5 tasks completed/.test((await who.get(place)).text),
    );
    assert.match((await who.get(place)).text, /Release the others/);
    const asked = await who.post("/act/tasks.release", fields);
    assert.match(asked.text, /Release 2 tasks\?/);
    assert.match(asked.text, /rl dlq release --where &#39;name=charge,reason=discarded,like=/);
    await who.post("/act/tasks.release", { ...fields, sure: "yes" });
    await until("the others have completed, too", async () => await dead(lab) === 1);
    const done = (await lab.rl.actions()).actions.map(({ action }) => action);
    assert.deepEqual(done, ["tasks.release", "dlq.canary", "dlq.canary"]);
  }),
);

test(
  "a canary is not released if its outcome would remain unknown",
  withQueue(async (lab) => {
    mended = false;
    const worker = await lab.worker();
    await charge.apush(1);
    await until("it is dead", async () => await dead(lab) === 1);
    await worker.drain();
    const { status, text } = await as("operator", lab).post("/act/dlq.canary", {
      filter: "state=dead",
      sure: "yes",
    });
    assert.equal(status, 400);
    assert.match(text, /has no worker/);
    assert.equal(await dead(lab), 1);
  }),
);

test(
  "dead tasks are downloaded in the format of rl dlq export, with payloads only for those who may see them, and recorded",
  withQueue(async (lab) => {
    await bury(lab);
    const who = as("operator", lab);
    const { status, headers, text } = await who.get("/dlq/export?name=charge");
    assert.equal(status, 200);
    assert.match(headers.get("content-type")!, /x-ndjson/);
    assert.match(headers.get("content-disposition")!, /attachment/);
    assert.equal(headers.get("cache-control"), "no-store");
    const lines: string[] = [];
    for await (
      const some of exportLines(lab.rl, {
        queues: ["default"],
        states: ["dead"],
        matches: ({ name }) => name === "charge",
      })
    ) lines.push(...some);
    assert.equal(text, lines.join(""));
    assert.equal(lines.length, 7);
    const [{ actor, action, target }] = (await lab.rl.actions()).actions as unknown as [
      { actor: string; action: string; target: string },
    ];
    assert.deepEqual([actor, action, target], ["ada", "dlq.export", "state=dead&name=charge"]);
    assert.equal((await as("viewer", lab).get("/dlq/export")).status, 403);
    assert.equal((await who.get("/dlq/export?payload.x=1")).text, "");
    const group = (await who.get(await groupOf(who))).text;
    assert.match(group, /data-command="rl dlq export --out dead\.ndjson --where &#39;name=charge,/);
  }),
);
