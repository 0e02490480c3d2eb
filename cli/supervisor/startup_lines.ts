/**
 * The lines that `rl cluster up` prints: one for each part of the cluster.
 *
 * @module
 */

import { type Exporter, install } from "../processes/otlp_exporter.ts";
import { type FoundRedis, redisAddress } from "../processes/find_redis.ts";
import type { ClusterPlan } from "./cluster_plan.ts";
import type { SupervisorLine } from "./log_lines.ts";

/** A line: done, a warning, or a continuation of the line before. */
export interface StartupLine {
  readonly mark: "✓" | "!" | " ";
  readonly part: string;
  readonly text: string;
}

/** The parts that have been started. */
export interface StartedParts {
  readonly redis: FoundRedis;
  /** Facts of the Redis server. */
  readonly facts: Readonly<Record<string, string>>;
  readonly exporter: Exporter | undefined;
  readonly dashboard: { readonly url: string } | undefined;
}

/** Default port of Redis. */
export const redisPort = 6379;
/** The URL that clients use by default. */
const defaultUrl = `redis://127.0.0.1:${redisPort}`;

/** The lines of a cluster. */
export function startupLines(plan: ClusterPlan, parts: StartedParts): StartupLine[] {
  const { size, worker } = plan;
  const { concurrency = 10, queues = ["default"], profile } = worker;
  const { lease = profile === "fast" ? "3s" : "10s" } = worker;
  const names = Array.isArray(queues) ? queues : Object.keys(queues);
  const leases = typeof lease === "number" ? `${lease / 1000}s` : lease;
  const { dashboard } = parts;
  return [
    ...redisLines(plan, parts),
    { mark: "✓", part: "workers", text: `${size} × ${concurrency} slots  ${names.join(" ")}` },
    { mark: "✓", part: "recovery", text: `on, in every worker  lease ${leases}` },
    ...exportLines(plan, parts),
    ...dashboard ? [{ mark: "✓", part: "dashboard", text: dashboard.url } as const] : [],
  ];
}

/** The same lines for a log, which has no table: each names its part. */
export function startupLog(lines: readonly StartupLine[]): SupervisorLine[] {
  let of = "";
  return lines.map(({ mark, part, text }) => {
    of = part || of;
    const fields = { event: "cluster", part: of };
    return { level: mark === "!" ? "warn" : "info", message: `${of}: ${text}`, fields };
  });
}

function redisLines(
  { place: { data } }: ClusterPlan,
  { redis: { url, notice, about, server }, facts }: StartedParts,
): StartupLine[] {
  const { redis_version: version = "", maxmemory_policy: policy, aof_enabled: aof } = facts;
  const text = [
    `${redisAddress(url)}  ${version}`,
    aof === undefined ? "" : `appendonly ${aof === "1" ? "yes" : "no"}`,
    policy === undefined ? "" : `policy ${policy}`,
    about.slice(about.indexOf(" ") + 1),
  ].filter(Boolean).join("  ");
  const lines: StartupLine[] = [{ mark: aof === "0" ? "!" : "✓", part: "redis", text }];
  if (aof === "0") {
    const loses = "a crash of Redis loses all writes since the last snapshot";
    lines.push({ mark: "!", part: "", text: `${loses}: CONFIG SET appendonly yes` });
  }
  if (server && aof === "1") lines.push({ mark: " ", part: "", text: `data in ${data}` });
  if (notice !== undefined) lines.push({ mark: "!", part: "", text: notice });
  if (server && url !== defaultUrl) {
    lines.push({ mark: "!", part: "", text: `set for your clients: RELIER_REDIS_URL=${url}` });
  }
  return lines;
}

function exportLines({ otlp }: ClusterPlan, { exporter }: StartedParts): StartupLine[] {
  if (!otlp) return [];
  return exporter
    ? [{ mark: "✓", part: "otel", text: `exporting to ${otlp.url}` }]
    : [{ mark: "!", part: "otel", text: `to export to ${otlp.url}: ${install}` }];
}
