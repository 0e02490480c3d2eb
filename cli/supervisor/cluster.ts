/**
 * A cluster: a Redis if none is given, supervised worker processes, and a
 * control server for `rl cluster` commands. All of them end together.
 *
 * @module
 */

import type { Served } from "../../adapters/http/node_server.ts";
import { createRelier, type LogLevel, type Relier } from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { type Exporter, exportTo } from "../processes/otlp_exporter.ts";
import { findRedis, type FoundRedis, redisAddress } from "../processes/find_redis.ts";
import { hearsLevel, plural } from "../../core/console/mod.ts";
import { lineOf, type SupervisorLine } from "./log_lines.ts";
import { createSupervisor, type Supervisor } from "./supervisor.ts";
import {
  type ClusterStatus,
  type ControlActions,
  type ControlServer,
  openControlServer,
} from "./control_server.ts";
import { callControl } from "./control_client.ts";
import type { ClusterPlan } from "./cluster_plan.ts";
import { appendLog } from "./log_file.ts";
import { redisPort, type StartupLine, startupLines } from "./startup_lines.ts";
import {
  claimAddress,
  dashboardToken,
  dropAddress,
  lastRedis,
  readAddress,
  rememberRedis,
  type StateDir,
} from "./state_dir.ts";

/** A running cluster. */
export interface Cluster {
  readonly lines: readonly StartupLine[];
  /** Resolves to the exit code once everything has ended. */
  readonly ended: Promise<number>;
  /** Drains the workers; a second call has them hand off at once. */
  drain(): void;
}

const workerName = "rl-worker";

/**
 * Starts a cluster. `onLog` receives the log of its parts.
 *
 * @throws {CliError} 5 if it is up already. Parts that were started until then have ended.
 */
export async function startCluster(
  plan: ClusterPlan,
  onLog: (from: string, line: SupervisorLine) => void,
): Promise<Cluster> {
  const cluster = new RunningCluster(plan, onLog);
  cluster.control = await claimStateDir(plan.place, cluster);
  try {
    const lines = await cluster.start();
    return { lines, ended: cluster.ended, drain: () => cluster.supervisor?.drain() };
  } catch (error) {
    cluster.supervisor?.close();
    await cluster.supervisor?.ended;
    await cluster.close();
    throw error;
  }
}

class RunningCluster implements ControlActions {
  control: ControlServer | undefined;
  supervisor: Supervisor | undefined;
  ended: Promise<number> = Promise.resolve(1);
  readonly #plan: ClusterPlan;
  readonly #onLog: (from: string, line: SupervisorLine) => void;
  #redis: FoundRedis | undefined;
  #relier: Relier | undefined;
  #exporter: Exporter | undefined;
  #dashboard: Served | undefined;

  constructor(plan: ClusterPlan, onLog: (from: string, line: SupervisorLine) => void) {
    this.#plan = plan;
    this.#onLog = onLog;
  }

  async start(): Promise<StartupLine[]> {
    const { place, prefix, size, otlp, dashboard } = this.#plan;
    const onTrouble = (text: string): void => this.#note("otel", text, "warn");
    if (otlp) this.#exporter = await exportTo(otlp, place.name, onTrouble);
    const redis = this.#redis = await this.#findRedis();
    const relier = this.#relier = createRelier({ redis: redis.port, prefix, tasks: [] });
    const facts = await relier.server();
    const supervisor = this.supervisor = this.#supervise(redis);
    await supervisor.ready;
    if (dashboard) {
      const { openDashboard } = await import("./dashboard_server.ts");
      this.#dashboard = await openDashboard(relier, dashboardToken(place));
    }
    let lost = false;
    redis.server?.once("exit", () => {
      if (!this.supervisor) return;
      lost = true;
      this.#note("redis", "the server has ended, and so does the cluster", "error");
      supervisor.close();
    });
    this.ended = supervisor.ended.then(async (code) => {
      this.supervisor = undefined;
      await this.close();
      this.#note("cluster", "ended");
      return lost ? 1 : code;
    });
    this.#note("cluster", `up with ${plural(size, "worker")} on ${redisAddress(redis.url)}`);
    const parts = { redis, facts, exporter: this.#exporter, dashboard: this.#dashboard };
    return startupLines(this.#plan, parts);
  }

  // Not async: the caller of a cluster that is starting is refused at once.
  status(): Promise<ClusterStatus> {
    const { processes } = this.#up();
    const { pid, startedAt } = this.control!.address;
    const { place, prefix } = this.#plan;
    return Promise.resolve({
      name: place.name,
      pid,
      startedAt,
      redis: redisAddress(this.#redis!.url),
      prefix,
      dashboard: this.#dashboard?.url ?? null,
      workers: processes.map((each) => ({
        name: each.name,
        pid: each.pid,
        id: each.workerId,
        state: each.state,
        restarts: each.restarts,
        running: each.report?.health.running ?? 0,
        completed: each.totals.completed,
      })),
    });
  }

  async scale(size: number): Promise<ClusterStatus> {
    await this.#up().scale(size);
    return await this.status();
  }

  async reload(): Promise<ClusterStatus> {
    await this.#up().reload();
    return await this.status();
  }

  async down(timeoutMs: number | undefined): Promise<{ exit: number }> {
    this.#up().drain(timeoutMs === undefined ? {} : { timeoutMs });
    return { exit: await this.ended };
  }

  /** Closes all parts but the workers. */
  async close(): Promise<void> {
    await this.#dashboard?.close();
    await this.#relier?.close();
    await this.#redis?.close();
    await this.#exporter?.close();
    dropAddress(this.#plan.place, this.control!.address.id);
    this.control!.close();
  }

  #up(): Supervisor {
    if (this.supervisor) return this.supervisor;
    throw new CliError(5, "Cannot do that yet: the cluster is still starting");
  }

  #note(from: string, message: string, level: LogLevel = "info"): void {
    this.#log(from, { level, message, fields: { event: "cluster", part: from } });
  }

  #log(from: string, line: SupervisorLine): void {
    const { level, message: text, fields } = line;
    appendLog(this.#plan.place.log, { at: new Date().toISOString(), from, level, text, fields });
    this.#onLog(from, line);
  }

  async #findRedis(): Promise<FoundRedis> {
    const { place, redis: given } = this.#plan;
    const last = lastRedis(place);
    const port = Number(last?.port ?? redisPort);
    const redis = await findRedis(given?.url, {
      ...(given && { source: given.from }),
      setup: {
        folder: place.data,
        aof: true,
        port,
        ...last?.password && { password: last.password },
      },
    });
    rememberRedis(place, redis.server && redis.url);
    return redis;
  }

  #supervise({ url }: FoundRedis): Supervisor {
    const { modules, size, prefix, worker, otlp, cwd } = this.#plan;
    return createSupervisor({
      modules,
      size,
      redis: url,
      prefix,
      worker,
      otlp: this.#exporter && otlp,
      cwd,
      name: workerName,
      onEvent: (event) => {
        const line = lineOf(event);
        if (line && hearsLevel(line.level)) this.#log(event.child, line);
      },
    });
  }
}

/** Opens the control server, and makes this the only cluster of `place`. @throws {CliError} 5 */
async function claimStateDir(place: StateDir, cluster: RunningCluster): Promise<ControlServer> {
  const actions: ControlActions = {
    status: () => cluster.status(),
    scale: (size) => cluster.scale(size),
    reload: () => cluster.reload(),
    down: (timeoutMs) => cluster.down(timeoutMs),
  };
  const control = await openControlServer(actions);
  while (!claimAddress(place, control.address)) {
    const other = readAddress(place);
    const there = other && await callControl(other, "status").catch((error: CliError) => error);
    if (other && there) {
      control.close();
      throw new CliError(
        5,
        `Cannot bring up cluster "${place.name}": it is up, as process ${other.pid}`,
        { hint: '"rl cluster status" shows it, "rl cluster down" ends it, --name starts another' },
      );
    }
    dropAddress(place, other?.id); // The run was killed and could not remove it.
  }
  return control;
}
