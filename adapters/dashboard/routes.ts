/**
 * The list of every page, action and download.
 *
 * @module
 */

import { admission } from "./pages/admission.ts";
import { audit } from "./pages/audit.ts";
import { releaseCanary } from "./actions/canary.ts";
import { exportDead } from "./actions/dead_letter_actions.ts";
import { deadGroup, dlq } from "./pages/dead_letters.ts";
import { forgetKey, idempotency } from "./pages/idempotency.ts";
import { overview } from "./pages/overview.ts";
import type { Action, Download, Page } from "./page.ts";
import { phoenix } from "./pages/recovery.ts";
import { queueActions } from "./actions/queue_actions.ts";
import { queue, queues } from "./pages/queues.ts";
import { runAgain } from "./actions/run_again.ts";
import { redis } from "./pages/redis.ts";
import { task } from "./pages/task.ts";
import { taskActions } from "./actions/task_actions.ts";
import { releaseEdited } from "./actions/edit_payload.ts";
import { taskTypePage, taskTypesPage } from "./pages/task_types.ts";
import { tasks } from "./pages/tasks.ts";
import { workerActions } from "./actions/worker_actions.ts";
import { workers } from "./pages/workers.ts";

/** The pages, in the order of the navigation. */
export const pages: readonly Page[] = [
  overview,
  tasks,
  task,
  taskTypesPage,
  taskTypePage,
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

/** The actions. */
export const actions: readonly Action[] = [
  ...queueActions,
  ...workerActions,
  ...taskActions,
  releaseEdited,
  runAgain,
  releaseCanary,
  forgetKey,
];

/** The downloads. */
export const downloads: readonly Download[] = [exportDead];
