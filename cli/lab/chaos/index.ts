/**
 * The experiments, in the order in which they are listed and run.
 *
 * @module
 */

import type { ChaosCommand } from "./chaos_command.ts";

/** Each experiment by name, loaded on first use. */
export const experiments: Readonly<Record<string, () => Promise<{ default: ChaosCommand }>>> = {
  "worker-kill": () => import("./experiments/worker_kill.ts"),
  "worker-freeze": () => import("./experiments/worker_freeze.ts"),
  "double-kill": () => import("./experiments/double_kill.ts"),
  "fleet-kill": () => import("./experiments/fleet_kill.ts"),
  "deploy": () => import("./experiments/deploy.ts"),
  "drain-overrun": () => import("./experiments/drain_overrun.ts"),
  "redis-pause": () => import("./experiments/redis_pause.ts"),
  "redis-restart": () => import("./experiments/redis_restart.ts"),
  "sentinel-failover": () => import("./experiments/sentinel_failover.ts"),
  "redis-slow": () => import("./experiments/redis_slow.ts"),
  "network-partition": () => import("./experiments/network_partition.ts"),
  "clock-skew": () => import("./experiments/clock_skew.ts"),
  "clock-step": () => import("./experiments/clock_step.ts"),
  "cancel-storm": () => import("./experiments/cancel_storm.ts"),
  "load-spike": () => import("./experiments/load_spike.ts"),
  "poison-pill": () => import("./experiments/poison_pill.ts"),
  "lane": () => import("./experiments/lane.ts"),
  "task-corrupt": () => import("./experiments/task_corrupt.ts"),
  "slow-task": () => import("./experiments/slow_task.ts"),
  "duplicate-push": () => import("./experiments/duplicate_push.ts"),
  "schema-skew": () => import("./experiments/schema_skew.ts"),
  "many-queues": () => import("./experiments/many_queues.ts"),
  "oom": () => import("./experiments/oom.ts"),
};
