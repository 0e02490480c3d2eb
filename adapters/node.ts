/**
 * What Node.js has and not every runtime: threads and processes. What `#node`
 * stands for there, on Deno and on Bun.
 *
 * @module
 */

export { limitsMemory, openIsolate } from "./node_isolates.ts";
export { hireStandIn } from "./node_standin.ts";
