/**
 * `rl worker start`: starts worker processes, and replaces those that die.
 *
 * @module
 */

import { plural, readMetricsInput } from "../../../core/console/mod.ts";
import { createWorker } from "../../../mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { createWishes } from "../../framework/signals.ts";
import { integer } from "../../framework/option_values.ts";
import { exportTo, otlpOf } from "../../processes/otlp_exporter.ts";
import { type HealthServer, openHealthServer } from "../../supervisor/health_server.ts";
import { createLog, lineOf, type PrintLine } from "../../supervisor/log_lines.ts";
import type { SupervisedProcess } from "../../supervisor/process_slot.ts";
import { waitForRedis } from "./wait_for_redis.ts";
import { processesOf, startArgs, type StartOptions, workerOptions } from "./start_options.ts";
import { createSupervisor, defaultDrainMs, type Supervisor } from "../../supervisor/supervisor.ts";

const start: Command<typeof startArgs> = command({
  summary: "Start worker processes, and replace those that die",
  details:
    `Loads the modules, which define tasks with rlTask(), in each process. TypeScript needs the tsx
of your project, or a Node that reads it. Waits until Redis answers.

A process that dies is replaced. Its tasks are resurrected at once, with the cause of its death.
SIGTERM or Ctrl-C drains all workers; a second one, 2 s later or more, hands off at once. SIGHUP replaces one worker
after another. Exits 0 after a drain, 75 if tasks could not be handed off.`,
  examples: [
    "rl worker start ./tasks.ts",
    "rl worker start ./tasks.js --queues high:3,default --concurrency 50 --processes auto",
    "rl worker start ./tasks.js --health-port 9464 --json",
  ],
  args: startArgs,
  graceful: true,
  run,
});

export default start;

async function run(context: Context<typeof startArgs>): Promise<number> {
  const { args, rest, settings, out, host } = context;
  const modules = rest.length > 0 ? rest : settings.worker.modules?.value ?? [];
  if (modules.length === 0) {
    throw new CliError(2, "Cannot start a worker: no module given", {
      hint: 'name the files that define your tasks, such as "rl worker start ./tasks.ts"',
    });
  }
  const worker = workerOptions(args, settings);
  const name = args.name ?? settings.worker.name?.value ?? "rl-worker";
  // Invalid options fail here once, not in each process.
  createWorker(context.relier, { ...worker, name: `${name}-1`, handleSignals: false });
  const size = processesOf(args.processes, settings);
  const maxLeaked = args["max-leaked"] === undefined
    ? {}
    : { maxLeaked: integer("--max-leaked", args["max-leaked"], { min: 1, max: 10_000 }) };
  const log = createLog(out);
  let handedOff = 0;
  let supervisor: Supervisor | undefined;
  let forget = (): void => {};
  const wanted = otlpOf(args.otlp, settings.worker.otlp, host.env);
  // This process exports the telemetry of the tasks of dead processes.
  const trouble = (message: string): void =>
    log({ level: "warn", message, fields: { event: "telemetry" } });
  const exporter = wanted && await exportTo(wanted, name, trouble);
  const otlp = exporter && wanted;
  // Open while it waits: a probe must not end a process that only waits for Redis.
  const health = await healthOf(context, worker, () => supervisor?.processes ?? []);
  try {
    await waitForRedis(context, args.wait, log);
    supervisor = createSupervisor({
      modules,
      size,
      redis: settings.url.value,
      prefix: settings.prefix.value,
      worker,
      name,
      cwd: host.cwd,
      env: host.env,
      otlp,
      ...maxLeaked,
      onEvent(event) {
        handedOff += event.handedOff ?? 0;
        const line = lineOf(event);
        if (line) log(line, event.child);
      },
    });
    forget = obeySignals(context, supervisor, log, worker.drainTimeout);
    await supervisor.ready;
    if (supervisor.processes.length > 0) {
      const where = health ? ` · health at ${health.url}` : "";
      const telling = otlp ? ` · telemetry to ${otlp.url}` : "";
      const slots = worker.concurrency ?? 10;
      const ready = `${plural(size, "worker")} ready · ${plural(slots, "slot")} each`;
      log({
        level: "info",
        message: `${ready}${where}${telling}`,
        fields: { event: "allReady", workers: size, slots, health: health?.url, otlp: otlp?.url },
      });
    }
    const exit = await supervisor.ended;
    log({
      level: exit === 0 ? "info" : "error",
      message: exit === 0
        ? `Clean exit: ${plural(handedOff, "task")} handed off`
        : "Exit: some tasks could not be handed off; other workers resurrect them",
      fields: { event: "exit", exit, handedOff },
    });
    return exit;
  } finally {
    forget();
    health?.close();
    supervisor?.close();
    await supervisor?.ended;
    await exporter?.close();
  }
}

/** Handles signals: the first drains, the next hand off. SIGHUP replaces workers unless a terminal sent it. */
function obeySignals(
  { host, out }: Context<typeof startArgs>,
  supervisor: Supervisor,
  log: PrintLine,
  drainMs = defaultDrainMs,
): () => void {
  const wish = createWishes(() => {
    const { length } = supervisor.processes;
    log({
      level: "info",
      message: `draining ${plural(length, "worker")}, ${out.span(drainMs)} at most; ` +
        "a second signal hands off at once",
      fields: { event: "drainAll", workers: length, timeoutMs: drainMs },
    });
    supervisor.drain();
  }, () => {
    log({ level: "info", message: "handing off at once", fields: { event: "handOffAll" } });
    supervisor.drain();
  });
  return host.onSignal((signal) => {
    if (signal === "SIGHUP" && !out.tty) {
      const fields = { event: "reload" };
      log({ level: "info", message: "replacing all workers, one after another", fields });
      supervisor.reload().catch((error) =>
        log({ level: "error", message: `${error.message}; the other workers stay`, fields })
      );
      return;
    }
    wish();
  });
}

async function healthOf(
  { args, settings, relier }: Context<typeof startArgs>,
  { queues = {}, concurrency = 10 }: StartOptions,
  children: () => readonly SupervisedProcess[],
): Promise<HealthServer | undefined> {
  const port = args["health-port"] ?? settings.worker.healthPort?.value;
  if (port === undefined) return undefined;
  return await openHealthServer({
    host: args["health-host"] ?? settings.worker.healthHost?.value ?? "127.0.0.1",
    port: integer("--health-port", `${port}`, { min: 0, max: 65_535 }),
    children,
    slots: concurrency,
    look: () => readMetricsInput(relier, Object.keys(queues)),
  });
}
