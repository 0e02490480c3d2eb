/**
 * Threads and processes on Node.js, Deno and Bun: what `#node` resolves to there.
 *
 * @module
 */

export { openIsolatePool } from "../../core/threads/isolate_pool.ts";
export { limitsMemory, openIsolate } from "./open_isolate.ts";
export { startStallGuard } from "./stall_guard.ts";
