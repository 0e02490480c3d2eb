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
const deleteDead: Load = lazy(() => import("./commands/dlq/delete.ts"));
const deleteKey: Load = lazy(() => import("./commands/idem/delete.ts"));
const recovery: Group = group("Recovery of the tasks of lost workers", {
  status: lazy(() => import("./commands/recovery/status.ts")),
  leases: lazy(() => import("./commands/recovery/leases.ts")),
  sweep: lazy(() => import("./commands/recovery/sweep.ts")),
  run: lazy(() => import("./commands/recovery/run.ts")),
}, "status");

/** All commands, under the headings of the help. */
const sections: Readonly<Record<string, Group["subCommands"]>> = {
  "Core commands": {
    init: lazy(() => import("./commands/init.ts")),
    status: lazy(() => import("./commands/status.ts")),
    tasks: group("List, push and control tasks", {
      list: lazy(() => import("./commands/tasks/list.ts")),
      show: lazy(() => import("./commands/tasks/show.ts")),
      inflight: lazy(() => import("./commands/tasks/inflight.ts")),
      push: lazy(() => import("./commands/tasks/push.ts")),
      wait: lazy(() => import("./commands/tasks/wait.ts")),
      result: lazy(() => import("./commands/tasks/result.ts")),
      cancel: lazy(() => import("./commands/tasks/cancel.ts")),
      retry: lazy(() => import("./commands/tasks/retry.ts")),
      "run-again": lazy(() => import("./commands/tasks/run_again.ts")),
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
    dlq: group("Inspect, retry and delete dead tasks", {
      list: lazy(() => import("./commands/dlq/list.ts")),
      show: lazy(() => import("./commands/dlq/show.ts")),
      release: lazy(() => import("./commands/dlq/release.ts")),
      delete: deleteDead,
      discard: deleteDead,
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
    top,
    dash: top,
    dashboard: lazy(() => import("./commands/dashboard.ts")),
  },
  Operate: {
    why: lazy(() => import("./commands/why.ts")),
    doctor: lazy(() => import("./commands/doctor.ts")),
    events,
    tail: events,
    audit: lazy(() => import("./commands/audit.ts")),
    admission: group("Queue limits and rejected pushes", {
      status: lazy(() => import("./commands/admission/status.ts")),
      set: async () => (await import("./commands/queues/limit.ts")).limitCommand("admission set"),
      reset: lazy(() => import("./commands/admission/reset.ts")),
    }, "status"),
    recovery,
    phoenix: recovery,
    idem: group("Idempotency keys and locks", {
      list: lazy(() => import("./commands/idem/list.ts")),
      locks: async () => (await import("./commands/idem/list.ts")).locks,
      show: lazy(() => import("./commands/idem/show.ts")),
      delete: deleteKey,
      forget: deleteKey,
    }, "list"),
  },
  Prove: {
    demo: lazy(() => import("./commands/demo.ts")),
    chaos: group("Inject faults and check that no task is lost", {
      list: lazy(() => import("./commands/chaos/list.ts")),
      all: lazy(() => import("./commands/chaos/all.ts")),
      ...Object.fromEntries(
        Object.entries(experiments).map(([name, load]) => [name, lazy(load)]),
      ),
    }, "list"),
    bench: lazy(() => import("./commands/bench.ts")),
    cost: lazy(() => import("./commands/cost.ts")),
  },
  Advanced: {
    config: group("Configuration and its sources", {
      show: lazy(() => import("./commands/config/show.ts")),
      path: lazy(() => import("./commands/config/path.ts")),
      validate: lazy(() => import("./commands/config/validate.ts")),
    }, "show"),
    completion: lazy(() => import("./commands/completion.ts")),
    version: lazy(() => import("./commands/version.ts")),
  },
};

/** The command line. */
export const tree: Group = {
  ...group(
    "Background tasks on Redis that survive your workers",
    Object.assign({}, ...Object.values(sections)),
  ),
  sections,
};
