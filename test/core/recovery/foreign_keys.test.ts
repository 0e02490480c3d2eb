/**
 * Keys of a wrong type, which another program wrote: the audit names them, a repair puts them aside.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyName, keyNames } from "../../../core/protocol/keys.ts";
import { rlTask } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";

/** The keys of a queue that has had a task, a retry and a worker. */
const queueKeys = keyNames.filter((name) => !["queues", "actions", "aside"].includes(name));

for (const name of queueKeys as KeyName[]) {
  test(
    `a key "${name}" of a wrong type is named by the audit and put aside by a repair`,
    withRelier(async (lab) => {
      const { redis, key, queue } = lab;
      const job = rlTask(`typed-${name}`, (n: number) => n);
      await job.apushMany([[1], [2]]);
      await redis.del(key(name));
      await redis.set(key(name), "another program's");
      const found = await queue.audit();
      assert.equal(found.length, 1);
      assert.match(found[0]!, new RegExp(`^keys: ${name} is a string, and should be a `));
      await queue.stats();
      await queue.workers();
      assert.equal((await queue.page("ready", { limit: 5 })).tasks.length <= 2, true);
      const before = await redis.get(key(name));
      await queue.repair({ dryRun: true });
      assert.equal(await redis.get(key(name)), before);
      const done = await queue.repair();
      assert.match(done[0]!, new RegExp(`^keys: ${name} is put aside`));
      assert.deepEqual(await queue.audit(), []);
      assert.equal(await redis.hlen(key("aside")), 1);
      await lab.worker();
      assert.equal(await job.call(3), 3);
    }),
  );
}
