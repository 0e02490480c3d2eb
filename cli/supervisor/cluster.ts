/**
 * A cluster: a Redis if none is given, worker processes under supervision, and
 * an ear for those who ask it something. What it starts ends with it.
 *
 * @module
 */

import type { Served } from "../../adapters/http/node_server.ts";
import { createRelier, type Relier } from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { type Exporter, exportTo, install, type Otlp } from "../processes/otlp_exporter.ts";
import { findRedis, type FoundRedis, redisAddress as whereIs } from "../processes/find_redis.ts";
import { spanOf } from "../framework/output.ts";
import { styleOf } from "../framework/style.ts";
import { plural } from "../../core/console/mod.ts";
import { eventLine } from "./log_lines.ts";
import { createSupervisor, type Supervisor, type SupervisorOptions } from "./supervisor.ts";
import {
  callControl,
  type ClusterStatus,
  type ControlServer,
  openControlServer,
} from "./control_server.ts";
import { appendLog } from "./log_file.ts";
import {
  claimAddress,
  dropAddress,
  lastPort,
  readAddress,
  rememberPort,
  type StateDir,
} from "./state_dir.ts";

/** What a cluster is made of. */
export interface ClusterPlan {
  readonly place: StateDir;
  readonly cwd: string;
  /** A Redis that is there, and where its URL was read; none if one is to be started. */
  readonly redis: { readonly url: string; readonly from: string } | undefined;
  readonly prefix: string;
  readonly modules: readonly string[];
  readonly size: number;
  /** Whether it has a dashboard. */
  readonly dashboard: boolean;
  readonly worker: NonNullable<SupervisorOptions["worker"]>;
  /** Where to export what OpenTelemetry is told. */
  readonly otlp: Otlp | undefined;
}

/** What people are told once a part of it stands: a tick, a warning, or more about the line before. */
export interface StartupLine {
  readonly mark: "✓" | "!" | " ";
  readonly part: string;
  readonly text: string;
}

/** A cluster that is up. */
export interface Cluster {
  readonly lines: readonly StartupLine[];
  /** Resolves to the exit code once everything has ended. */
  readonly ended: Promise<number>;
  /** Drains it; the second time the workers hand off at once. */
  drain(): void;
}

const workerName = "rl-worker";
/** Where a client looks that is told nothing. */
const usualPort = 6379;
/** What is logged has no colours. */
const plain = { style: styleOf(false), span: spanOf, wide: false };

/** What it is made of, as far as that stands. */
interface Parts {
  supervisor?: Supervisor;
  redis?: FoundRedis;
  relier?: Relier;
  exporter?: Exporter | undefined;
  dashboard?: Served;
}

/**
 * Brings it up; `hear` is told what its workers say.
 *
 * @throws {CliError} 5 if it is up already; what was started by then has ended.
 */
export async function startCluster(
  plan: ClusterPlan,
  hear: (from: string, text: string) => void,
): Promise<Cluster> {
  const { place, prefix, size, worker } = plan;
  const parts: Parts = {};
  const channel = await claim(place, {
    status: () => Promise.resolve(status()),
    async scale(wanted) {
      await up().scale(wanted);
      return status();
    },
    async reload() {
      await up().reload();
      return status();
    },
    async down(timeoutMs) {
      up().drain(timeoutMs === undefined ? {} : { timeoutMs });
      return { exit: await ended };
    },
  });
  let ended: Promise<number> = Promise.resolve(1);

  const say = (from: string, text: string): void => {
    appendLog(place.log, { at: new Date().toISOString(), from, text });
    hear(from, text);
  };
  function up(): Supervisor {
    if (parts.supervisor) return parts.supervisor;
    throw new CliError(5, "Cannot do that yet: the cluster is still starting");
  }
  function status(): ClusterStatus {
    const { processes } = up();
    return {
      name: place.name,
      pid: channel.address.pid,
      startedAt: channel.address.startedAt,
      redis: whereIs(parts.redis!.url),
      prefix,
      dashboard: parts.dashboard?.url ?? null,
      workers: processes.map(({ name, pid, workerId, state, restarts, report, totals }) => ({
        name,
        pid,
        id: workerId,
        state,
        restarts,
        running: report?.health.running ?? 0,
        completed: totals.completed,
      })),
    };
  }
  async function tearDown(): Promise<void> {
    await parts.dashboard?.close();
    await parts.relier?.close();
    await parts.redis?.close();
    await parts.exporter?.close();
    dropAddress(place, channel.address.id);
    channel.close();
  }

  try {
    const { redis: given, otlp: wanted } = plan;
    if (wanted) parts.exporter = await exportTo(wanted, place.name, (text) => say("otel", text));
    const port = lastPort(place) ?? usualPort;
    const redis = parts.redis = await findRedis(given?.url, {
      ...(given && { source: given.from }),
      setup: { folder: place.data, aof: true, port },
    });
    if (redis.server) rememberPort(place, redis.url);
    const relier = parts.relier = createRelier({ redis: redis.port, prefix, tasks: [] });
    const facts = await relier.server();
    const supervisor = createSupervisor({
      modules: plan.modules,
      size,
      redis: redis.url,
      prefix,
      worker,
      otlp: parts.exporter && wanted,
      cwd: plan.cwd,
      name: workerName,
      onEvent: (event) => {
        const text = eventLine(event, plain);
        if (text !== undefined) say(event.child, text);
      },
    });
    parts.supervisor = supervisor;
    await supervisor.ready;
    if (plan.dashboard) {
      const { openDashboard } = await import("./dashboard_server.ts");
      parts.dashboard = await openDashboard(relier);
    }
    let lost = false;
    redis.server?.once("exit", () => {
      if (!parts.supervisor) return;
      lost = true;
      say("redis", "it has ended, and the cluster ends with it");
      supervisor.close();
    });
    ended = supervisor.ended.then(async (code) => {
      delete parts.supervisor;
      await tearDown();
      say("cluster", "it has ended");
      return lost ? 1 : code;
    });
    say("cluster", `up with ${plural(size, "worker")} on ${whereIs(redis.url)}`);
    return {
      lines: linesOf(redis, facts, plan, parts),
      ended,
      drain: () => supervisor.drain(),
    };
  } catch (error) {
    parts.supervisor?.close();
    await parts.supervisor?.ended;
    await tearDown();
    throw error;
  }
}

/** Opens the ear, and makes this the one cluster of its place. @throws {CliError} 5 */
async function claim(
  place: StateDir,
  answers: Parameters<typeof openControlServer>[0],
): Promise<ControlServer> {
  const channel = await openControlServer(answers);
  while (!claimAddress(place, channel.address)) {
    const other = readAddress(place);
    const there = other && await callControl(other, "status").catch((error: CliError) => error);
    if (other && there) {
      channel.close();
      throw new CliError(
        5,
        `Cannot bring up cluster "${place.name}": it is up, as process ${other.pid}`,
        { hint: '"rl cluster status" shows it, "rl cluster down" ends it, --name starts another' },
      );
    }
    dropAddress(place, other?.id); // It was killed, and could not do that itself.
  }
  return channel;
}

function linesOf(
  { url, notice, about, server }: FoundRedis,
  facts: Readonly<Record<string, string>>,
  { size, worker, otlp, place: { data } }: ClusterPlan,
  { exporter, dashboard }: Parts,
): StartupLine[] {
  const { concurrency = 10, queues = ["default"], profile } = worker;
  const { lease = profile === "fast" ? "3s" : "10s" } = worker;
  const { redis_version: version = "", maxmemory_policy: policy, aof_enabled: aof } = facts;
  const told = [
    `${whereIs(url)}  ${version}`,
    aof === undefined ? "" : `appendonly ${aof === "1" ? "yes" : "no"}`,
    policy === undefined ? "" : `policy ${policy}`,
    about.slice(about.indexOf(" ") + 1),
  ];
  const names = Array.isArray(queues) ? queues : Object.keys(queues);
  const leases = typeof lease === "number" ? `${lease / 1000}s` : lease;
  return [
    { mark: "✓", part: "redis", text: told.filter(Boolean).join("  ") },
    ...server && aof === "1" ? [{ mark: " ", part: "", text: `data in ${data}` } as const] : [],
    ...notice === undefined ? [] : [{ mark: "!", part: "", text: notice } as const],
    ...server && Number(new URL(url).port) !== usualPort
      ? [{ mark: "!", part: "", text: `tell your clients: RELIER_REDIS_URL=${url}` } as const]
      : [],
    { mark: "✓", part: "workers", text: `${size} × ${concurrency} slots  ${names.join(" ")}` },
    { mark: "✓", part: "phoenix", text: `in every worker, none leads  lease ${leases}` },
    ...exporter ? [{ mark: "✓", part: "otel", text: `exporting to ${otlp!.url}` } as const] : [],
    ...otlp && !exporter
      ? [{ mark: "!", part: "otel", text: `exporting to ${otlp.url} takes: ${install}` } as const]
      : [],
    ...dashboard ? [{ mark: "✓", part: "dashboard", text: dashboard.url } as const] : [],
  ];
}
