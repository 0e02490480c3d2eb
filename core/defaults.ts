/**
 * Every default and bound that more than one file has to agree on. Imports nothing, so that every
 * room may import it.
 *
 * @module
 */

/** Rows, ids or lines that one call to Redis takes. More would block Redis for other clients. */
export const rowsPerCall = 200;

/** Rows of a page that names no limit. */
export const defaultPageRows = 50;

/** The most rows of a page. */
export const maxPageRows = 200;

/** The time a task stays with a silent worker, and a lock with a silent holder. */
export const defaultLeaseMs = 10_000;

/** The time Redis keeps results, idempotency keys and cancelled tasks. */
export const defaultRetentionMs = 3_600_000;

/**
 * The least time Redis keeps a result, whatever `resultTtl` says: a caller asks for it a moment
 * after its task has ended.
 */
export const minResultMs = 1000;

/** The most bytes of an encoded payload. */
export const maxPayloadBytes = 1_048_576;

/** The most bytes of an encoded result, of a partial result, and of all steps of a task together. */
export const maxResultBytes = 262_144;

/** The most characters of the name of a task: it is repeated in reasons, errors and histories. */
export const maxNameLength = 64;

/** The most characters of a reason, a cause or a remark. */
export const maxReasonLength = 200;

/** The handlers a worker runs at once. */
export const defaultConcurrency = 10;

/** The most handlers a worker runs at once, and the most tasks it holds beyond them. */
export const maxConcurrency = 10_000;

/**
 * The time a drain waits for handlers to finish. Together with the farewell it has to fit into the
 * 30 s after which Kubernetes and others kill a process.
 */
export const defaultDrainMs = 20_000;

/** The time a handler may block the event loop before its tasks count as stalled. */
export const defaultStallBudgetMs = 30_000;

/** The time a drained worker has for its last calls to Redis, and for its last export of telemetry. */
export const farewellMs = 5000;

/** The time `flush()` waits for pushes in the background. */
export const defaultFlushMs = 30_000;

/** The time a caller waits for another holder of the same idempotency key. */
export const defaultLockWaitMs = 30_000;

/** The time a call to Redis is retried before it fails. */
export const defaultTimeoutMs = 10_000;

/** The time after which a process that still uses a queue registers its name again. */
export const registerAgainMs = 3_600_000;
