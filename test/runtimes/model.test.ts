/**
 * The long form of test/slow/model.test.ts: 10,000 sequences. Most run without the
 * embedded engine, which takes five times as long for each.
 *
 * @module
 */

import { after, test } from "node:test";
import { assertAgree, openEngines } from "../model/check.ts";

const engines = await openEngines();
after(() => engines.close());

test("Redis and the model agree in 7,000 sequences", async (t) => {
  t.diagnostic(await assertAgree([engines.real], 7000));
});

test("both engines and the model agree in 3,000 sequences", async (t) => {
  t.diagnostic(await assertAgree(engines.both, 3000));
});
