/**
 * As test/slow/model.test.ts, for long: 10,000 sequences, most of them without
 * the embedded engine, which takes five times as long for one.
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
