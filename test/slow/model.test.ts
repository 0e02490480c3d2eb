/**
 * The Lua against a model of the table of states. The same commands run on a real
 * Redis, on the embedded engine and on the model. Replies and contents are equal after
 * every command. `SEED` and `RUNS` repeat a run.
 *
 * @module
 */

import { after, test } from "node:test";
import { assertAgree, openEngines } from "../model/check.ts";
import { onwards } from "../model/sequences.ts";

const engines = await openEngines();
after(() => engines.close());

test("both engines and the model agree, for all events in a queue", async (t) => {
  t.diagnostic(await assertAgree(engines.both, 300));
});

test("the published scripts agree with the model, on a virtual clock", async (t) => {
  t.diagnostic(await assertAgree([engines.virtual], 50, onwards));
});
