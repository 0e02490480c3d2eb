/**
 * A model that agrees with anything proves nothing: it has to notice each part removed
 * from the Lua.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { connect } from "../../adapters/ioredis.ts";
import { agree } from "../model/agree.ts";
import { luaMutants } from "../model/mutants.ts";
import { type Patch, rigOn } from "../model/rig.ts";
import { sequences } from "../model/sequences.ts";
import { shared } from "../support/redis.ts";

const port = connect(await shared());
after(() => port.close());

/** The number of sequences: the rarest fault needs this many. */
const most = 2000;

/** The sequences are fixed, so that the result for a mutant never changes. */
async function noticedIn(patches: readonly Patch[]): Promise<{ failed: boolean; runs: number }> {
  const engines = [{ name: "Redis", rig: await rigOn(port, { patches }) }];
  const found = await fc.check(
    fc.asyncProperty(sequences, (steps) => agree(steps, engines)),
    { seed: 20_261_126, numRuns: most, endOnFailure: true },
  );
  return { failed: found.failed, runs: found.numRuns };
}

test("the model notices no fault in the original Lua", async () => {
  assert.deepEqual(await noticedIn([]), { failed: false, runs: most });
});

for (const { that, patch } of luaMutants) {
  test(`the model notices Lua that ${that}`, async (t) => {
    const { failed, runs } = await noticedIn([patch]);
    assert.ok(failed, `nothing was noticed in ${runs} sequences`);
    t.diagnostic(`in sequence ${runs}`);
  });
}
