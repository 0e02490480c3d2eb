/**
 * A check that cannot fail is no check: the experiments have to notice each part
 * removed from the project.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { experiments } from "../../cli/lab/chaos/index.ts";
import { rlOfMutant } from "../support/mutant.ts";
import { mutants } from "../support/mutants.ts";

for (const { without, edits, noticedBy, saying } of mutants) {
  for (const name of noticedBy) {
    test(`${name} notices a project without ${without}`, async () => {
      const args = ["chaos", name, "--self-contained", "--json"];
      const { exit, stdout, stderr } = await rlOfMutant(edits, args);
      assert.equal(exit, 8, stdout + stderr);
      assert.match(JSON.parse(stdout).broken.join("\n"), saying);
    });
  }
}

test("every experiment has a mutant that it notices", () => {
  const noticing = new Set(mutants.flatMap(({ noticedBy }) => noticedBy));
  assert.deepEqual(Object.keys(experiments).filter((name) => !noticing.has(name)), []);
});
