/**
 * A process whose worker is killed while a handler blocks an isolate. It first prints
 * the process id.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker } from "../../mod.ts";
import { isolated } from "./isolated_tasks.ts";

const relier = createRelier({ redis: process.argv[2]!, logger: false });
const worker = createWorker(relier, { concurrency: 1 });
worker.on("started", ({ name }) => {
  if (name === "spin-process") setTimeout(() => process.kill(process.pid, "SIGKILL"), 200);
});
await worker.start();
const { look, spin } = isolated.process;
const { pid } = await (await relier.apush(look, "now")).result();
console.log(pid);
await relier.apush(spin, 600_000);
