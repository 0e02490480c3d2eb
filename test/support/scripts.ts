/**
 * All scripts: those of operators, workers and producers, and all others.
 *
 * @module
 */

export * from "../../core/redis/generated/admission.ts";
export * from "../../core/redis/generated/operations.ts";
export * from "../../core/redis/generated/client.ts";
export * from "../../core/redis/generated/worker.ts";
export * from "../../core/redis/generated/events.ts";
