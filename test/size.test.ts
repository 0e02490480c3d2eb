/**
 * The size of an app's first load of Relier: gzipped, with no client but the one it
 * names. Code loaded on first use does not count: workers, operations, and telemetry once
 * an SDK is registered. A single-file bundle has all of it, `@opentelemetry/api` included.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundle } from "./support/bundle.ts";

const apps = [
  {
    name: "an app that uses everything",
    app: 'export * from "./mod.ts";',
    firstKb: 40.4,
    wholeKb: 109,
  },
  {
    name: "an app that pushes",
    app: 'export { createRelier, rlTask } from "./mod.ts";',
    firstKb: 35,
    wholeKb: 72.5,
  },
  {
    name: "an app that pushes through Upstash",
    app: `export { createRelier, rlTask } from "./mod.ts";
      export { upstash } from "./adapters/upstash.ts";`,
    firstKb: 58.4,
    wholeKb: 95,
  },
];

for (const { name, app, firstKb: first, wholeKb: whole } of apps) {
  test(`${name} loads at most ${first} KB before its first call`, async (t) => {
    const { firstKb, wholeKb } = await bundle(app);
    const shown = (kb: number) => `${kb.toFixed(1)} KB`;
    t.diagnostic(`${name}: ${shown(firstKb)}, as one file ${shown(wholeKb)}`);
    assert.ok(firstKb <= first, shown(firstKb));
    assert.ok(wholeKb <= whole, `as one file ${shown(wholeKb)}`);
  });
}
