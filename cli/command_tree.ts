/**
 * Everything `rl` can do. Each command is one line, loaded when it is called for.
 *
 * @module
 */

import { experiments } from "./lab/chaos/index.ts";
import type { Group, Load } from "./framework/command.ts";

// What has two names is one thing, and help shows it once.
const top: Load = () => import("./commands/top.ts");
const events: Load = () => import("./commands/events.ts");

/** The commands. */
export const tree: Group = {
  summary: "Background tasks on Redis that survive your workers",
  commands: {
    demo: () => import("./commands/demo.ts"),
    init: () => import("./commands/init.ts"),
    doctor: () => import("./commands/doctor.ts"),
    status: () => import("./commands/status.ts"),
    top,
    dash: top,
    dashboard: () => import("./commands/dashboard.ts"),
    events,
    tail: events,
    why: () => import("./commands/why.ts"),
    tasks: {
      summary: "The tasks there are",
      default: "list",
      commands: {
        list: () => import("./commands/tasks/list.ts"),
        show: () => import("./commands/tasks/show.ts"),
        inflight: () => import("./commands/tasks/inflight.ts"),
        push: () => import("./commands/tasks/push.ts"),
        wait: () => import("./commands/tasks/wait.ts"),
        result: () => import("./commands/tasks/result.ts"),
        cancel: () => import("./commands/tasks/cancel.ts"),
        retry: () => import("./commands/tasks/retry.ts"),
        purge: () => import("./commands/tasks/purge.ts"),
      },
    },
    queues: {
      summary: "The queues there are",
      default: "list",
      commands: {
        list: () => import("./commands/queues/list.ts"),
        show: () => import("./commands/queues/show.ts"),
        pause: () => import("./commands/queues/pause.ts"),
        resume: () => import("./commands/queues/resume.ts"),
        drain: () => import("./commands/queues/drain.ts"),
        limit: () => import("./commands/queues/limit.ts"),
      },
    },
    dlq: {
      summary: "What is dead, and what to do with it",
      default: "list",
      commands: {
        list: () => import("./commands/dlq/list.ts"),
        show: () => import("./commands/dlq/show.ts"),
        release: () => import("./commands/dlq/release.ts"),
        discard: () => import("./commands/dlq/discard.ts"),
        export: () => import("./commands/dlq/export.ts"),
        import: () => import("./commands/dlq/import.ts"),
        purge: () => import("./commands/dlq/purge.ts"),
      },
    },
    worker: {
      summary: "Worker processes: start, see and direct them",
      default: "list",
      commands: {
        start: () => import("./commands/worker/start.ts"),
        list: () => import("./commands/worker/list.ts"),
        show: () => import("./commands/worker/show.ts"),
        drain: () => import("./commands/worker/drain.ts"),
        pause: () => import("./commands/worker/pause.ts"),
        resume: () => import("./commands/worker/resume.ts"),
        restart: () => import("./commands/worker/restart.ts"),
        stop: () => import("./commands/worker/stop.ts"),
      },
    },
    cluster: {
      summary: "Redis and workers for this project, with one command",
      default: "status",
      commands: {
        up: () => import("./commands/cluster/up.ts"),
        down: () => import("./commands/cluster/down.ts"),
        status: () => import("./commands/cluster/status.ts"),
        scale: () => import("./commands/cluster/scale.ts"),
        logs: () => import("./commands/cluster/logs.ts"),
        reload: () => import("./commands/cluster/reload.ts"),
      },
    },
    admission: {
      summary: "What queues take in, and what they turn away",
      default: "status",
      commands: {
        status: () => import("./commands/admission/status.ts"),
        set: () => import("./commands/admission/set.ts"),
        reset: () => import("./commands/admission/reset.ts"),
      },
    },
    idem: {
      summary: "What is remembered under idempotency keys",
      default: "list",
      commands: {
        list: () => import("./commands/idem/list.ts"),
        locks: () => import("./commands/idem/locks.ts"),
        show: () => import("./commands/idem/show.ts"),
        forget: () => import("./commands/idem/forget.ts"),
      },
    },
    phoenix: {
      summary: "Bringing back what lost workers left",
      default: "status",
      commands: {
        status: () => import("./commands/phoenix/status.ts"),
        leases: () => import("./commands/phoenix/leases.ts"),
        sweep: () => import("./commands/phoenix/sweep.ts"),
        run: () => import("./commands/phoenix/run.ts"),
      },
    },
    audit: () => import("./commands/audit.ts"),
    chaos: {
      summary: "Break things on purpose, and check that nothing is lost",
      default: "list",
      commands: {
        list: () => import("./commands/chaos/list.ts"),
        all: () => import("./commands/chaos/all.ts"),
        ...experiments,
      },
    },
    bench: () => import("./commands/bench.ts"),
    cost: () => import("./commands/cost.ts"),
    config: {
      summary: "What is configured, and where",
      default: "show",
      commands: {
        show: () => import("./commands/config/show.ts"),
        path: () => import("./commands/config/path.ts"),
        validate: () => import("./commands/config/validate.ts"),
      },
    },
    completion: () => import("./commands/completion.ts"),
  },
};
