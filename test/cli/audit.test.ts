/**
 * `rl audit`: faults are reported, repaired after confirmation, and left unchanged
 * otherwise.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../core/protocol/keys.ts";
import { rlTask } from "../../mod.ts";
import { type Lab, withRelier } from "../support/relier.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { until } from "../support/until.ts";

async function audit({ url, prefix }: Lab, ...args: string[]): Promise<RlResult> {
  return await rl(["audit", ...args], { url, prefix });
}

/** A used queue, with a sound task and one that lost its record. */
async function broken(lab: Lab): Promise<string> {
  await lab.moves.push({ delayMs: 60_000 });
  const id = await lab.moves.push({ delayMs: 60_000 });
  await lab.redis.hdel(lab.key("record"), id);
  return id;
}

test(
  "a sound queue exits with 0, and so does a server without any",
  withRelier(async (lab) => {
    const none = await audit(lab);
    assert.deepEqual([none.exit, none.stdout], [0, ""]);
    assert.match(none.stderr, /no queue is in use yet/);
    await lab.worker();
    await until("it is known", async () => (await lab.rl.queues()).length === 1);
    const { exit, stdout } = await audit(lab);
    assert.equal(exit, 0);
    assert.match(stdout, /✓ default {2}no faults\n/);
  }),
);

test(
  "faults exit with 8, in words and as JSON, and nothing is changed",
  withRelier(async (lab) => {
    const id = await broken(lab);
    const before = await lab.dump();
    const { exit, stdout } = await audit(lab, "--queue", "default");
    assert.equal(exit, 8);
    assert.match(stdout, new RegExp(`✗ default {2}scheduled: ${id} is in scheduled and`));
    const json = await audit(lab, "--queue", "default", "--json");
    assert.equal(json.exit, 8);
    const [{ queue, broken: found }] = json.lines() as [{ queue: string; broken: string[] }];
    assert.equal(queue, "default");
    assert.ok(found.some((what) => what.includes(id)));
    assert.deepEqual(await lab.dump(), before);
    await lab.queue.repair();
  }),
);

test(
  "--fix shows its plan and changes nothing until it is confirmed",
  withRelier(async (lab) => {
    const id = await broken(lab);
    const before = await lab.dump();
    const unsure = await audit(lab, "--queue", "default", "--fix");
    assert.equal(unsure.exit, 9);
    assert.match(unsure.stdout, new RegExp(`planned repairs:\\n  ${id} `));
    const dry = await audit(lab, "--queue", "default", "--fix", "--dry-run");
    assert.equal(dry.exit, 0);
    const declined = await rl(["audit", "--queue", "default", "--fix"], {
      url: lab.url,
      prefix: lab.prefix,
      tty: {},
      stdin: "n\n",
    });
    assert.equal(declined.exit, 9);
    assert.deepEqual(await lab.dump(), before);

    const done = await audit(lab, "--queue", "default", "--fix", "--yes");
    assert.equal(done.exit, 0, done.stdout + done.stderr);
    assert.match(done.stdout, new RegExp(`→ ${id} goes to the dead with its payload`));
    const { state, reason, envelope } = await lab.queue.inspect(idOf(lab.partition, id));
    assert.deepEqual([state, reason], ["dead", "repaired"]);
    assert.match(envelope, /by-hand/);
    assert.equal((await audit(lab, "--queue", "default")).exit, 0);
  }),
);

test(
  "--fix plans for every queue before it asks, and then repairs all of them",
  withRelier(async (lab) => {
    const id = await broken(lab);
    const other = rlTask("audit-other", { queue: "other" }, () => {});
    await lab.worker({ queues: ["default", "other"] });
    const { id: second } = await lab.rl.apush(other);
    await until("it is over", async () => (await lab.rl.handle(second).status()).state !== "ready");
    const local = second.split("~")[2]!;
    await lab.redis.hdel(lab.key("record").replace("{default~0}", "{other~0}"), local);
    const dry = await audit(lab, "--fix", "--dry-run");
    assert.equal(dry.exit, 0);
    assert.equal(dry.stdout.match(/planned repairs/g)?.length, 2, dry.stdout + dry.stderr);
    assert.match(dry.stdout, /would make \d+ changes\n$/);
    const done = await audit(lab, "--fix", "--yes");
    assert.equal(done.exit, 0, done.stdout + done.stderr);
    for (const each of [id, local]) assert.match(done.stdout, new RegExp(`→ ${each} `));
  }),
);

test(
  "a task that was only in transit during the look is not reported",
  withRelier(async (lab) => {
    await broken(lab);
    const looking = audit(lab, "--queue", "default");
    // The repair happens between the first look and the second.
    await new Promise((resolve) => setTimeout(resolve, 400));
    await lab.queue.repair();
    assert.equal((await looking).exit, 0);
  }),
);

test(
  "invalid names are refused before anything is read",
  withRelier(async (lab) => {
    const { exit, stderr } = await audit(lab, "--queue", "a b");
    assert.equal(exit, 2);
    assert.match(stderr, /queue/);
    assert.equal((await audit(lab, "--fixx")).exit, 2);
  }),
);

test(
  "what cannot be read exits with 8 and is named, everything else is shown, and --fix puts it right",
  withRelier(async (lab) => {
    const id = await lab.moves.push({ delayMs: 60_000 });
    await lab.moves.spoil(id);
    const record = await audit(lab, "--queue", "default");
    assert.equal(record.exit, 8);
    assert.match(record.stdout, new RegExp(`✗ default {2}record: ${id} has a record that cannot`));
    await lab.redis.set(lab.key("ready"), "another program's");
    const key = await audit(lab, "--queue", "default");
    assert.equal(key.exit, 8);
    assert.match(key.stdout, /✗ default {2}keys: ready is a string, and should be a zset\n/);
    for (const words of ["queues show default", "tasks list", "why default"]) {
      const { exit, stderr } = await rl(words.split(" "), { url: lab.url, prefix: lab.prefix });
      assert.notEqual(exit, 1, `${words}: ${stderr}`);
    }
    const done = await audit(lab, "--queue", "default", "--fix", "--yes");
    assert.equal(done.exit, 0, done.stdout + done.stderr);
    assert.match(done.stdout, /→ keys: ready is put aside/);
    assert.equal((await lab.moves.facts(id)).state, "dead");
    assert.deepEqual(await lab.queue.audit(), []);
  }),
);
