/**
 * Everything `rl` can do. Each command is one line, loaded when it is called for.
 *
 * @module
 */

import { experiments } from "./chaos/experiments.ts";
import type { Group, Load } from "./command.ts";

// What has two names is one thing, and help shows it once.
const top: Load = () => import("./top.ts");
const events: Load = () => import("./events.ts");

/** The commands. */
export const tree: Group = {
  summary: "Background tasks on Redis that survive your workers",
  commands: {
    demo: () => import("./demo.ts"),
    init: () => import("./init.ts"),
    doctor: () => import("./doctor.ts"),
    status: () => import("./status.ts"),
    top,
    dash: top,
    dashboard: () => import("./dashboard.ts"),
    events,
    tail: events,
    why: () => import("./why.ts"),
    tasks: {
      summary: "The tasks there are",
      default: "list",
      commands: {
        list: () => import("./tasks/list.ts"),
        show: () => import("./tasks/show.ts"),
        inflight: () => import("./tasks/inflight.ts"),
        push: () => import("./tasks/push.ts"),
        wait: () => import("./tasks/wait.ts"),
        result: () => import("./tasks/result.ts"),
        cancel: () => import("./tasks/cancel.ts"),
        retry: () => import("./tasks/retry.ts"),
        purge: () => import("./tasks/purge.ts"),
      },
    },
    queues: {
      summary: "The queues there are",
      default: "list",
      commands: {
        list: () => import("./queues/list.ts"),
        show: () => import("./queues/show.ts"),
        pause: () => import("./queues/pause.ts"),
        resume: () => import("./queues/resume.ts"),
        drain: () => import("./queues/drain.ts"),
        limit: () => import("./queues/limit.ts"),
      },
    },
    dlq: {
      summary: "What is dead, and what to do with it",
      default: "list",
      commands: {
        list: () => import("./dlq/list.ts"),
        show: () => import("./dlq/show.ts"),
        release: () => import("./dlq/release.ts"),
        discard: () => import("./dlq/discard.ts"),
        export: () => import("./dlq/export.ts"),
        import: () => import("./dlq/import.ts"),
        purge: () => import("./dlq/purge.ts"),
      },
    },
    worker: {
      summary: "Worker processes: start, see and direct them",
      default: "list",
      commands: {
        start: () => import("./worker/start.ts"),
        list: () => import("./worker/list.ts"),
        show: () => import("./worker/show.ts"),
        drain: () => import("./worker/drain.ts"),
        pause: () => import("./worker/pause.ts"),
        resume: () => import("./worker/resume.ts"),
        restart: () => import("./worker/restart.ts"),
        stop: () => import("./worker/stop.ts"),
      },
    },
    cluster: {
      summary: "Redis and workers for this project, with one command",
      default: "status",
      commands: {
        up: () => import("./cluster/up.ts"),
        down: () => import("./cluster/down.ts"),
        status: () => import("./cluster/status.ts"),
        scale: () => import("./cluster/scale.ts"),
        logs: () => import("./cluster/logs.ts"),
        reload: () => import("./cluster/reload.ts"),
      },
    },
    admission: {
      summary: "What queues take in, and what they turn away",
      default: "status",
      commands: {
        status: () => import("./admission/status.ts"),
        set: () => import("./admission/set.ts"),
        reset: () => import("./admission/reset.ts"),
      },
    },
    idem: {
      summary: "What is remembered under idempotency keys",
      default: "list",
      commands: {
        list: () => import("./idem/list.ts"),
        locks: () => import("./idem/locks.ts"),
        show: () => import("./idem/show.ts"),
        forget: () => import("./idem/forget.ts"),
      },
    },
    phoenix: {
      summary: "Bringing back what lost workers left",
      default: "status",
      commands: {
        status: () => import("./phoenix/status.ts"),
        leases: () => import("./phoenix/leases.ts"),
        sweep: () => import("./phoenix/sweep.ts"),
        run: () => import("./phoenix/run.ts"),
      },
    },
    audit: () => import("./audit.ts"),
    chaos: {
      summary: "Break things on purpose, and check that nothing is lost",
      default: "list",
      commands: {
        list: () => import("./chaos/list.ts"),
        all: () => import("./chaos/all.ts"),
        ...experiments,
      },
    },
    bench: () => import("./bench.ts"),
    cost: () => import("./cost.ts"),
    config: {
      summary: "What is configured, and where",
      default: "show",
      commands: {
        show: () => import("./config/show.ts"),
        path: () => import("./config/path.ts"),
        validate: () => import("./config/validate.ts"),
      },
    },
    completion: () => import("./completion.ts"),
  },
};
