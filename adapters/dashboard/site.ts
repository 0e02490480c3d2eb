/**
 * Every page and every act. One that is written stands here, and nowhere else.
 *
 * @module
 */

import { admission } from "./admission.ts";
import { audit } from "./audit.ts";
import { releaseCanary } from "./canary.ts";
import { exportDead } from "./dead_acts.ts";
import { deadGroup, dlq } from "./dlq.ts";
import { forgetKey, idempotency } from "./idempotency.ts";
import { overview } from "./overview.ts";
import type { Act, Download, Page } from "./page.ts";
import { phoenix } from "./phoenix.ts";
import { queueActs } from "./queue_acts.ts";
import { queue, queues } from "./queues.ts";
import { redis } from "./redis.ts";
import { task } from "./task.ts";
import { taskActs } from "./task_acts.ts";
import { releaseEdited } from "./task_edit.ts";
import { tasks } from "./tasks.ts";
import { workerActs } from "./worker_acts.ts";
import { workers } from "./workers.ts";

/** The pages, in the order of the navigation; the first one is the root. */
export const pages: readonly Page[] = [
  overview,
  tasks,
  task,
  queues,
  queue,
  workers,
  dlq,
  deadGroup,
  phoenix,
  idempotency,
  admission,
  redis,
  audit,
];

/** What buttons do. */
export const acts: readonly Act[] = [
  ...queueActs,
  ...workerActs,
  ...taskActs,
  releaseEdited,
  releaseCanary,
  forgetKey,
];

/** What is downloaded. */
export const downloads: readonly Download[] = [exportDead];
