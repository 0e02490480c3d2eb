import { createRelier, createWorker } from "@relier/core";
import { sendReceipt } from "./tasks.ts";

const relier = createRelier({ tasks: [sendReceipt] });
const worker = createWorker(relier, { concurrency: 10 });
worker.on("error", ({ error }) => console.error(error));
await worker.start(); // SIGTERM drains it, and ends the process.
console.log("working");
