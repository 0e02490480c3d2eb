/**
 * A worker process whose only handler ends it, as a library that calls `process.exit`
 * would.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker, rlTask } from "../../mod.ts";

const [redis, prefix] = process.argv.slice(2) as [string, string];
rlTask("ends-its-process", () => process.exit(0));
await createWorker(createRelier({ redis, prefix, logger: false }), { handleSignals: false })
  .start();
