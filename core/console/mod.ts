/**
 * Explanations, readings and texts for operators, shared by the terminal and the
 * browser: why a task waits, which queues have a problem, which tasks match a filter.
 *
 * The module needs a client and nothing else: no runtime, no terminal, no page.
 *
 * @example
 * ```ts
 * import { createRelier } from "@relier/core";
 * import { explain, taskSnapshot } from "@relier/core/console";
 *
 * const rl = createRelier({ redis: "redis://127.0.0.1:6379" });
 * const reasons = explain(await taskSnapshot(rl, "mails~0~4kJ2nq8Zr1XyTfWbVc3dQe"));
 * for (const { text } of reasons) console.log(text); // It is first in line: the next free slot takes it.
 * ```
 *
 * @module
 */

export { type AdmissionReport, admissionReport } from "./admission_report.ts";
export { type AttemptReport, attemptsOf, countEndings, describeEnding } from "./attempts.ts";
export { type BulkAction, cancelTasks, discardInStates, stateOf } from "./bulk_actions.ts";
export { type Check, fail, ok, warn } from "./check.ts";
export { version } from "./version.ts";
export { type DeadGroup, deathCause, groupDead } from "./dead_groups.ts";
export { explain } from "./explain.ts";
export { exportLines } from "./export_lines.ts";
export {
  type Condition,
  type Conditions,
  conditions,
  errorOf,
  errorPattern,
  shortError,
  shownError,
  type TaskMatcher,
  taskMatcher,
  taskMatcherWithWorkers,
} from "./filter.ts";
export {
  inspectTask,
  matchesPayload,
  maxPayloads,
  type PayloadParts,
  payloadSelect,
} from "./filter_payload.ts";
export {
  applyToTasks,
  type BulkResult,
  matchingPages,
  type TaskSelection,
} from "./filter_search.ts";
export { ConditionError, formatWhere, parseWhere } from "./filter_syntax.ts";
export {
  brief,
  count,
  durationText,
  listSome,
  plural,
  readDuration,
  shellWord,
  spanOf,
} from "./format.ts";
export {
  type History,
  history,
  type HistoryCounts,
  type HistoryOptions,
  type HistoryPoint,
  type HistoryRange,
  historyRanges,
  type HistoryTimes,
} from "./history.ts";
export { isFullId, queueOf, shortId } from "./ids.ts";
export { escapeControls, json } from "./json.ts";
export { hearsLevel } from "../log/console_log.ts";
export { eventLevel, eventLine } from "../log/event_line.ts";
export { errorText, jsonLine, jsonOf, type LogLine, textLine } from "../log/log_line.ts";
export { lossEvent, type NamedEvent, type TaskFate } from "../log/loss_event.ts";
export {
  describeLimits,
  LimitError,
  type LimitOption,
  limitOptions,
  type LimitTexts,
  limitTexts,
  noLimits,
  readLimits,
  readRate,
} from "./limits.ts";
export { type ScanOptions, type ScanResult, type ScanStep, scanTasks } from "./paged_scan.ts";
export { p95Of, quantileOf } from "./percentiles.ts";
export { exposition, expositionType, type MetricFamily, type MetricSample } from "./prometheus.ts";
export { type Problem, queueProblems, serverProblems } from "./queue_checks.ts";
export {
  type MetricsInput,
  queueMetrics,
  type QueueMetricsInput,
  readMetricsInput,
} from "./queue_metrics.ts";
export { queueWarnings, recoveredLately, unknownTasks } from "./queue_warnings.ts";
export { type QueueRates, type QueueReading, readQueues, usedQueues } from "./queue_rates.ts";
export { createReleaseWatch, type ReleaseWatch } from "./release_watch.ts";
export { serverChecks, type ServerFacts } from "./server_checks.ts";
export {
  createSnapshotPoller,
  mostQueues,
  type QueueSnapshot,
  type QueuesSnapshot,
  type RateSample,
  type SnapshotPollerOptions,
} from "./snapshot_poller.ts";
export { type Explanation, type TaskSnapshot, taskSnapshot } from "./task_snapshot.ts";
export { type TaskType, taskTypes, type TaskTypesOptions } from "./task_types.ts";
export { countersOf, isLoss, type TimelineEntry, timelineOf, triesOf } from "./timeline.ts";
export {
  busySlots,
  isAlive,
  listWorkers,
  loopLag,
  slotsOf,
  workerName,
  type WorkerStatus,
} from "./worker_list.ts";
export { matchesWorker, workerNames } from "./worker_names.ts";
