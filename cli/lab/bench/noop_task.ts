/**
 * The task of the benchmarks: does nothing, with a payload of 100 bytes.
 *
 * @module
 */

import { rlTask, type Task } from "../../../mod.ts";

/** With its quotes and brackets it is 100 bytes. */
export const payload: string = "x".repeat(96);

/** Does nothing. */
export const noop: Task<"noop", [string], void> = rlTask("noop", (_payload: string) => {});
