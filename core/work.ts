/**
 * What a worker is made of once it works, as one thing to load.
 *
 * @module
 */

export { takeDuty } from "./duty.ts";
export { isIsolate } from "./isolate.ts";
export { takeLock } from "./locking.ts";
export { readOrder } from "./orders.ts";
export { revivedMs, runPhoenix } from "./phoenix.ts";
export { askServer, refuseUnsafe } from "./probe.ts";
export { createStint } from "./stint.ts";
export { readTickOptions, runTick } from "./tick.ts";
