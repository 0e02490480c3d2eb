/**
 * The experiments, in the order in which they are shown and carried out.
 *
 * @module
 */

import type { ChaosCommand } from "./command.ts";

/** Each by its name, loaded when it is called for. */
export const experiments: Readonly<Record<string, () => Promise<{ default: ChaosCommand }>>> = {
  "worker-kill": () => import("./worker_kill.ts"),
  "worker-freeze": () => import("./worker_freeze.ts"),
  "double-kill": () => import("./double_kill.ts"),
  "fleet-kill": () => import("./fleet_kill.ts"),
  "deploy": () => import("./deploy.ts"),
  "drain-overrun": () => import("./drain_overrun.ts"),
  "redis-pause": () => import("./redis_pause.ts"),
  "redis-restart": () => import("./redis_restart.ts"),
  "redis-slow": () => import("./redis_slow.ts"),
  "network-partition": () => import("./network_partition.ts"),
  "clock-skew": () => import("./clock_skew.ts"),
  "load-spike": () => import("./load_spike.ts"),
  "poison-pill": () => import("./poison_pill.ts"),
  "task-corrupt": () => import("./task_corrupt.ts"),
  "slow-task": () => import("./slow_task.ts"),
  "duplicate-push": () => import("./duplicate_push.ts"),
  "schema-skew": () => import("./schema_skew.ts"),
  "oom": () => import("./oom.ts"),
};
