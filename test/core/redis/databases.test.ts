/**
 * Two environments in two databases of one Redis, with one prefix.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { bounded } from "../../support/until.ts";

const charge = rlTask("charge-once", { idempotent: (id: string) => id }, (id: string) => id);

test(
  "staging in another database hears nothing of production, not even of its own key there",
  withRelier(async (lab) => {
    const staging = lab.client({ redis: `${lab.url}/1` });
    const heard: string[] = [];
    const end = new AbortController();
    const task = await staging.apush(charge, "o-1");
    const follow = (name: string, events: (options: object) => AsyncIterable<{ type: string }>) =>
      bounded(
        "the subscription",
        new Promise<void>((onOpen) => {
          void (async () => {
            const options = { signal: end.signal, onOpen };
            for await (const { type } of events(options)) heard.push(`${name} ${type}`);
          })();
        }),
      );
    await follow("queue", (options) => staging.queue("default").events(options));
    await follow("task", (options) => task.events(options));
    const inProduction: string[] = [];
    const production = (await charge.apush("o-1")).events();
    await lab.worker();
    for await (const { state } of production) inProduction.push(state);
    assert.equal(inProduction.at(-1), "completed");
    assert.deepEqual([heard, (await task.status()).state], [[], "ready"]);
    await task.cancel();
    end.abort();
    assert.ok(heard.every((each) => each.endsWith(" cancel")), heard.join());
  }),
);
