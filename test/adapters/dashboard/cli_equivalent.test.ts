/**
 * The command that a button shows does the same as the button: to the same number of
 * tasks, for every kind of filter.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { dashboard } from "../../../adapters/hono.ts";
import { rlTask } from "../../../mod.ts";
import { visitor, withQueue } from "../../support/browse.ts";
import { rl } from "../../support/rl.ts";
import { until } from "../../support/until.ts";

const order = rlTask("cmd-order", (_: { customer: { id: number; note: string } }) => {});
const breaks = rlTask("cmd-breaks", { retry: 1 }, (_: { card: string }) => {
  throw new TypeError(`it's "declined", name=Ann`);
});

const plain = (html: string): string =>
  html.replace(
    /&(?:quot|#39|lt|gt|amp);/g,
    (each) => ({ "&quot;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&" })[each]!,
  );

/** Splits a command line from a page into words, as a shell does. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\(.)/g, (_, quoted?: string, one?: string) => quoted ?? one ?? "")
  );
}

test(
  "every action on all matching tasks shows a command that covers as many tasks",
  withQueue(async (lab) => {
    const { rl: relier, url, prefix } = lab;
    const note = `a "note", name=x`;
    const first = await order.apush({ customer: { id: 1, note } });
    await order.with({ delay: "1h" }).apush({ customer: { id: 42, note } });
    await order.with({ delay: "1h" }).apush({ customer: { id: 42, note: "" } });
    for (const card of ["4711", "815"]) await breaks.with({ queue: "cards" }).apush({ card });
    await lab.worker({ name: "w-1", queues: ["cards"] });
    const cards = relier.queue("cards");
    await until("both are dead", async () => (await cards.stats()).counts.dead === 2);
    await until("both are known", async () => (await relier.queues()).length === 2);
    await (await order.apush({ customer: { id: 5, note } })).cancel();
    await until("that is seen", async () => (await lab.queue.stats()).counts.cancelled === 1);
    const who = visitor(dashboard(relier, { auth: () => "admin" }));
    const short = first.id.split("~")[2]!.slice(0, 9);
    for (
      const [verb, filter, n] of [
        ["cancel", "", 3],
        ["cancel", "queue=default&state=scheduled&since=1h", 2],
        ["cancel", `id=${short}`, 1],
        ["cancel", "payload.customer.id=42&name=cmd-order", 2],
        ["cancel", `payload.customer.note=${encodeURIComponent(note)}`, 2],
        ["run", "payload.customer.id=42&payload.customer.note=", 1],
        ["run", "queue=default", 2],
        ["release", `error=${encodeURIComponent('"declined", name=Ann')}`, 2],
        ["release", "worker=w-1&payload.card=4711", 1],
        ["discard", "queue=cards&reason=attempts&since=2h", 2],
        ["discard", "state=cancelled&name=cmd-order", 1],
        ["discard", "state=dead,cancelled,completed", 3],
      ] as const
    ) {
      const what = `${verb} ${filter}`;
      const { text } = await who.post(`/act/tasks.${verb}`, { scope: "all", filter });
      const line = /<code>\$ ([^<]*)<\/code>/.exec(text)?.[1];
      assert.ok(line, `${what} ${text}`);
      let count = 0;
      for (const command of plain(line).split(" && ")) {
        const [program, ...args] = wordsOf(command);
        assert.equal(program, "rl", what);
        const preview = await rl([...args, "--dry-run", "--json"], { url, prefix });
        assert.equal(preview.exit, 0, `${command}: ${preview.stderr}`);
        count += preview.lines()[0].count;
      }
      assert.equal(count, n, `${what}: ${line}`);
      assert.match(text, n === 1 ? /1 task|all that match/ : /\d tasks|all that match/);
    }
    const page = (await who.get("/tasks?payload.a%2Cb=1")).text;
    assert.match(page, /must not contain commas or equals signs/, "no command could say that");
  }),
);

test(
  "a finished task is discarded from its page, and the command there does the same",
  withQueue(async (lab) => {
    const handles = [];
    for (const id of [1, 2]) handles.push(await order.apush({ customer: { id, note: "" } }));
    for (const each of handles) await each.cancel();
    const [one, two] = handles.map(({ id }) => id) as [string, string];
    const who = visitor(dashboard(lab.rl, { auth: () => "admin" }));
    const { text } = await who.get(`/tasks/${one}`);
    const line = /data-command="(rl tasks purge [^"]+)"/.exec(text)![1]!;
    await who.post("/act/tasks.discard", { id: two, state: "cancelled", sure: "yes" });
    assert.equal((await who.get(`/tasks/${two}`)).status, 404);
    const { url, prefix } = lab;
    assert.equal((await rl([...wordsOf(line).slice(1), "-y"], { url, prefix })).exit, 0);
    assert.equal((await who.get(`/tasks/${one}`)).status, 404);
  }),
);
