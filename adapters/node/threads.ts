/**
 * What Node.js has and not every runtime: threads and processes. What `#node`
 * stands for there, on Deno and on Bun.
 *
 * @module
 */

export { limitsMemory, openIsolate } from "./open_isolate.ts";
export { hireStandIn } from "./stall_guard.ts";
