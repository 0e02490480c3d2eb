/**
 * A script on the edge before its first request: it loads the package, defines tasks,
 * and makes a client and a worker. In that scope it may not draw random bits, set a
 * timer or use the network.
 *
 * @module
 */

import process from "node:process";
import type { RedisPort } from "../../mod.ts";

const forbidden = (what: string) => (): never => {
  throw new Error(`${what} was used where nothing may happen yet`);
};
const crypto = globalThis.crypto;
Object.defineProperty(globalThis, "crypto", {
  value: {
    getRandomValues: forbidden("crypto.getRandomValues"),
    randomUUID: forbidden("crypto.randomUUID"),
    subtle: crypto.subtle,
  },
});
Math.random = forbidden("Math.random");
const { setTimeout, setInterval } = globalThis;
Object.assign(globalThis, {
  setTimeout: forbidden("setTimeout"),
  setInterval: forbidden("setInterval"),
  fetch: forbidden("fetch"),
});

const { createRelier, createWorker, rlTask, taskRef } = await import("../../mod.ts");
const { upstash } = await import("../../adapters/upstash.ts");
const redis: RedisPort = upstash({ url: "https://redis.test", token: "secret" });
const task = rlTask("scoped", { idempotent: true }, (n: number) => n);
taskRef<typeof task>("scoped", { idempotent: true });
const relier = createRelier({ redis, tasks: [task], waitUntil: () => {} });
createWorker(relier, { profile: "metered" });

Object.assign(globalThis, { setTimeout, setInterval });
process.stdout.write("nothing happened\n");
