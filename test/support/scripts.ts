/**
 * Every script there is, those of operators and all others.
 *
 * @module
 */

export * from "../../core/operator_scripts.ts";
export * from "../../core/scripts.ts";
export * from "../../core/worker_scripts.ts";
