/**
 * Pushes without options: they take a script with few keys, and all others one that knows every
 * rule. A queue that gets limits or followers pays the difference once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AdmissionRejectedError, type Relier, type RelierOptions, rlTask } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { bounded } from "../../support/until.ts";

const work = rlTask("plain", (n: number) => n);
const keyed = rlTask("plain-keyed", { idempotent: true }, (n: number) => n);

/** A client that has pushed once, and the scripts that its further pushes run. */
async function pushing(
  { client, port }: Lab,
  options: RelierOptions = {},
): Promise<{ rl: Relier; ran: string[] }> {
  const ran: string[] = [];
  const { run, ...rest } = port();
  const redis = {
    ...rest,
    run: (...[program, ...how]: Parameters<typeof run>) => {
      if (program.name.startsWith("push")) ran.push(program.name);
      return run(program, ...how);
    },
  };
  const rl = client({ redis, ...options });
  await rl.apush(keyed, 0);
  await rl.apush(work, 0);
  ran.length = 0;
  return { rl, ran };
}

test(
  "pushes without options take the script with few keys, one by one and many at once",
  withRelier(async (lab) => {
    const { rl, ran } = await pushing(lab);
    await rl.apush(work, 1);
    await rl.apushMany(work, [[2], [3]]);
    await rl.apushMany(work, [[4], [5]], { priority: 7 });
    assert.deepEqual(ran, ["push_plain", "push_plain", "push_plain"]);
    const { tasks } = await lab.queue.page("ready");
    assert.equal(tasks.length, 7);
  }),
);

test(
  "a push with an option takes the script of all rules, and leaves the next one plain",
  withRelier(async (lab) => {
    const { rl, ran } = await pushing(lab);
    for (const options of [{ delay: "1h" }, { at: new Date(2e12) }, { tenant: "acme" }] as const) {
      await rl.apushMany(work, [[1]], options);
    }
    await rl.apush(keyed, 1);
    assert.deepEqual(ran, ["push", "push", "push", "push"]);
    await rl.apush(work, 2);
    assert.equal(ran.at(-1), "push_plain");
    const { counts } = await lab.queue.stats();
    assert.deepEqual([counts.ready, counts.scheduled], [5, 2]);
  }),
);

test(
  "a queue that gets limits refuses the next push, and each further push is one call",
  withRelier(async (lab) => {
    const { rl, ran } = await pushing(lab);
    await lab.queue.limit({ maxDepth: 3 });
    await rl.apush(work, 1);
    assert.deepEqual(ran, ["push_plain", "push"]);
    await assert.rejects(rl.apush(work, 2), AdmissionRejectedError);
    assert.deepEqual(ran, ["push_plain", "push", "push"]);
    await lab.queue.limit({ maxDepth: null });
    await rl.apush(work, 3);
    await rl.apush(work, 4);
    assert.deepEqual(ran.slice(3), ["push", "push_plain"]);
  }),
);

test(
  "a follower that comes between two pushes sees the second one",
  withRelier(async (lab) => {
    const { rl } = await pushing(lab);
    const stop = new AbortController();
    let open = () => {};
    const opened = new Promise<void>((resolve) => open = resolve);
    const events = lab.queue.events({ signal: stop.signal, onOpen: open })[Symbol.asyncIterator]();
    const first = events.next();
    await opened;
    const { id } = await rl.apush(work, 1);
    assert.equal((await bounded("the push", first)).value.id, id);
    stop.abort();
    await events.return?.();
  }),
);

test(
  "a plain push that is sent twice, since its answer was lost, is one new task",
  withRelier(async (lab) => {
    const { run, ...rest } = lab.port();
    const redis = {
      ...rest,
      run: async (...call: Parameters<typeof run>) => {
        if (call[0].name === "push_plain") await run(...call);
        return await run(...call);
      },
    };
    const rl = lab.client({ redis });
    await rl.apush(work, 0);
    const { outcome } = await rl.apush(work, 1);
    assert.equal(outcome, "created");
    assert.equal((await lab.queue.stats()).counts.ready, 2);
  }),
);
