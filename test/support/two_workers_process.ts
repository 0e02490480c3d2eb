/**
 * A process with two workers, one of which leaves before any signal.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker } from "../../mod.ts";

const relier = createRelier({ redis: process.argv[2]!, logger: false });
const [stays, leaves] = [createWorker(relier), createWorker(relier)];
await stays.start();
await leaves.start();
await leaves.drain();
console.log("one left");
