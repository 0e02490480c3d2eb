/**
 * The guarantees of the measured configurations, side by side: a figure says little
 * about queues that promise different things.
 *
 * @module
 */

/** The columns of the table. */
const columns: readonly string[] = ["", "Relier", "BullMQ", "bee-queue", "groupmq", "floor"];

/** Each row: a guarantee, then its form in each queue as it is measured. */
const rows: readonly (readonly string[])[] = [
  [
    "lease",
    "10 s per worker, renewed every 3 s",
    "lock of 30 s per job, renewed every 15 s",
    "none: a check every 5 s finds jobs without a sign of life",
    "30 s per job, renewed every 10 s",
    "none",
  ],
  [
    "task of a crashed worker",
    "runs again, up to 5 times",
    "runs again once, then fails",
    "runs again, without a limit",
    "runs again once, then fails",
    "is lost",
  ],
  ["attempts", "3, with backoff", "1 (option)", "1 (option)", "3, with backoff", "1"],
  [
    "fencing",
    "nonce at every write, and a number for other databases",
    "lock token at the end of a job",
    "none",
    "none",
    "none",
  ],
  [
    "deduplication",
    "idempotency key, with a fingerprint of the payload",
    "job id, deduplication id",
    "job id",
    "job id",
    "none",
  ],
  [
    "finished tasks",
    "result and history, kept for 1 h",
    "result, kept for ever; the removing row keeps none",
    "removed",
    "removed",
    "id and 22 bytes, kept for ever",
  ],
  [
    "failed tasks",
    "dead-letter queue, kept for ever",
    "failed set, kept for ever; the removing row keeps none",
    "failed set, kept for ever",
    "removed",
    "none",
  ],
];

/** The table in Markdown. */
export function guaranteeLines(): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)];
}
