/**
 * Every page and every act. One that is written stands here, and nowhere else.
 *
 * @module
 */

import { admission } from "./admission.ts";
import { audit } from "./audit.ts";
import { forgetKey, idempotency } from "./idempotency.ts";
import { overview } from "./overview.ts";
import type { Act, Page } from "./page.ts";
import { phoenix } from "./phoenix.ts";
import { queueActs } from "./queue_acts.ts";
import { queue, queues } from "./queues.ts";
import { redis } from "./redis.ts";
import { workerActs } from "./worker_acts.ts";
import { workers } from "./workers.ts";

/** The pages, in the order of the navigation; the first one is the root. */
export const pages: readonly Page[] = [
  overview,
  queues,
  queue,
  workers,
  phoenix,
  idempotency,
  admission,
  redis,
  audit,
];

/** What buttons do. */
export const acts: readonly Act[] = [...queueActs, ...workerActs, forgetKey];
