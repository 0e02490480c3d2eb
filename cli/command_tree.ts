/**
 * All commands of `rl`. Each is one line, loaded on first use.
 *
 * @module
 */

import { experiments } from "./lab/chaos/index.ts";
import { type Group, group, lazy, type Load } from "./framework/command.ts";

// A command with two names is one object, so that help lists it once.
const top: Load = lazy(() => import("./commands/top.ts"));
const deleteQueue: Load = lazy(() => import("./commands/queues/delete.ts"));
const events: Load = lazy(() => import("./commands/events.ts"));

/** The command line. */
export const tree: Group = group("Background tasks on Redis that survive your workers", {
  demo: lazy(() => import("./commands/demo.ts")),
  init: lazy(() => import("./commands/init.ts")),
  doctor: lazy(() => import("./commands/doctor.ts")),
  status: lazy(() => import("./commands/status.ts")),
  top,
  dash: top,
  dashboard: lazy(() => import("./commands/dashboard.ts")),
  events,
  tail: events,
  why: lazy(() => import("./commands/why.ts")),
  tasks: group("List, push and control tasks", {
    list: lazy(() => import("./commands/tasks/list.ts")),
    show: lazy(() => import("./commands/tasks/show.ts")),
    inflight: lazy(() => import("./commands/tasks/inflight.ts")),
    push: lazy(() => import("./commands/tasks/push.ts")),
    wait: lazy(() => import("./commands/tasks/wait.ts")),
    result: lazy(() => import("./commands/tasks/result.ts")),
    cancel: lazy(() => import("./commands/tasks/cancel.ts")),
    retry: lazy(() => import("./commands/tasks/retry.ts")),
    purge: lazy(() => import("./commands/tasks/purge.ts")),
  }, "list"),
  queues: group("List and control queues", {
    list: lazy(() => import("./commands/queues/list.ts")),
    show: lazy(() => import("./commands/queues/show.ts")),
    pause: lazy(() => import("./commands/queues/pause.ts")),
    resume: lazy(() => import("./commands/queues/resume.ts")),
    drain: lazy(() => import("./commands/queues/drain.ts")),
    limit: async () => (await import("./commands/queues/limit.ts")).limitCommand("queues limit"),
    delete: deleteQueue,
    forget: deleteQueue,
  }, "list"),
  dlq: group("Inspect, release and discard dead tasks", {
    list: lazy(() => import("./commands/dlq/list.ts")),
    show: lazy(() => import("./commands/dlq/show.ts")),
    release: lazy(() => import("./commands/dlq/release.ts")),
    discard: lazy(() => import("./commands/dlq/discard.ts")),
    export: lazy(() => import("./commands/dlq/export.ts")),
    import: lazy(() => import("./commands/dlq/import.ts")),
    purge: lazy(() => import("./commands/dlq/purge.ts")),
  }, "list"),
  worker: group("Start, list and control worker processes", {
    start: lazy(() => import("./commands/worker/start.ts")),
    list: lazy(() => import("./commands/worker/list.ts")),
    show: lazy(() => import("./commands/worker/show.ts")),
    drain: lazy(() => import("./commands/worker/drain.ts")),
    pause: async () => (await import("./commands/worker/send_command.ts")).pause,
    resume: async () => (await import("./commands/worker/send_command.ts")).resume,
    restart: async () => (await import("./commands/worker/send_command.ts")).restart,
    stop: async () => (await import("./commands/worker/send_command.ts")).stop,
  }, "list"),
  cluster: group("Run Redis and workers for this project", {
    up: lazy(() => import("./commands/cluster/up.ts")),
    down: lazy(() => import("./commands/cluster/down.ts")),
    status: lazy(() => import("./commands/cluster/status.ts")),
    scale: lazy(() => import("./commands/cluster/scale.ts")),
    logs: lazy(() => import("./commands/cluster/logs.ts")),
    reload: lazy(() => import("./commands/cluster/reload.ts")),
  }, "status"),
  admission: group("Queue limits and rejected pushes", {
    status: lazy(() => import("./commands/admission/status.ts")),
    set: async () => (await import("./commands/queues/limit.ts")).limitCommand("admission set"),
    reset: lazy(() => import("./commands/admission/reset.ts")),
  }, "status"),
  idem: group("Idempotency keys and locks", {
    list: lazy(() => import("./commands/idem/list.ts")),
    locks: async () => (await import("./commands/idem/list.ts")).locks,
    show: lazy(() => import("./commands/idem/show.ts")),
    forget: lazy(() => import("./commands/idem/forget.ts")),
  }, "list"),
  phoenix: group("Recovery of the tasks of lost workers", {
    status: lazy(() => import("./commands/phoenix/status.ts")),
    leases: lazy(() => import("./commands/phoenix/leases.ts")),
    sweep: lazy(() => import("./commands/phoenix/sweep.ts")),
    run: lazy(() => import("./commands/phoenix/run.ts")),
  }, "status"),
  audit: lazy(() => import("./commands/audit.ts")),
  chaos: group("Inject faults and check that no task is lost", {
    list: lazy(() => import("./commands/chaos/list.ts")),
    all: lazy(() => import("./commands/chaos/all.ts")),
    ...Object.fromEntries(
      Object.entries(experiments).map(([name, load]) => [name, lazy(load)]),
    ),
  }, "list"),
  bench: lazy(() => import("./commands/bench.ts")),
  cost: lazy(() => import("./commands/cost.ts")),
  config: group("Configuration and its sources", {
    show: lazy(() => import("./commands/config/show.ts")),
    path: lazy(() => import("./commands/config/path.ts")),
    validate: lazy(() => import("./commands/config/validate.ts")),
  }, "show"),
  completion: lazy(() => import("./commands/completion.ts")),
});
