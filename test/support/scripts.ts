/**
 * Every script there is, those of operators, of workers, of the door, and all others.
 *
 * @module
 */

export * from "../../core/door_scripts.ts";
export * from "../../core/operator_scripts.ts";
export * from "../../core/scripts.ts";
export * from "../../core/worker_scripts.ts";
