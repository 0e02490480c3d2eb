/**
 * The parts of a worker that are loaded by the first `start()` or `tick()`.
 *
 * @module
 */

export { announceLoss } from "./loss_events.ts";
export { logEvents } from "./event_log.ts";
export { handleSignals } from "./process_signals.ts";
export { isIsolate } from "../threads/isolate_entry.ts";
export { decodeCommand } from "../protocol/worker_command.ts";
export { runPhoenix } from "../recovery/phoenix.ts";
export { revivedMs } from "../recovery/sweeper.ts";
export { readServerInfo, refuseUnsafe, uncheckedEviction } from "../redis/server_info.ts";
export { createSession } from "./session.ts";
export { readTickOptions, runTick } from "./tick.ts";
