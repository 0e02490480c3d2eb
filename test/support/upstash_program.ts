/**
 * A program over Upstash for any runtime: makes a task, runs it, reads its result, and
 * prints the outcome.
 *
 * @module
 */

import process from "node:process";
import { upstash } from "../../adapters/upstash.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";

const [url, token, prefix] = process.argv.slice(2) as [string, string, string];
const rl = createRelier({ redis: upstash({ url, token }), prefix, logger: false });
const shout = rlTask("shout", (text: string) => `${text}!`);
const handle = await rl.apush(shout, "1e3 é\u0000");
const worker = createWorker(rl, { handleSignals: false });
await worker.start();
console.log(JSON.stringify([handle.outcome, await handle.result()]));
await worker.drain();
await rl.close();
process.exit();
