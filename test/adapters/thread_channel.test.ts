/**
 * The entry of threads in a bundle.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";
import { root } from "../support/tree.ts";

test("an app bundled as CommonJS reports why no thread can start, and not an invalid URL", async () => {
  const { outputFiles: [file] } = await build({
    entryPoints: ["adapters/node/thread_channel.ts"],
    absWorkingDir: root,
    bundle: true,
    format: "cjs",
    logLevel: "silent",
    platform: "node",
    write: false,
  });
  const load = new Function("module", "require", file!.text);
  assert.throws(() => load({ exports: {} }, () => ({})), {
    name: "TypeError",
    message: /^Cannot find entry\.js: a CommonJS bundle does not know its own place; bundle as ESM/,
  });
});
