/**
 * The page of Redis: its key numbers, and checks of its configuration.
 *
 * @module
 */

import type { Check } from "../../../core/console/check.ts";
import { serverChecks, type ServerFacts } from "../../../core/console/server_checks.ts";
import { count, spanOf } from "../../../core/console/format.ts";
import { gauge } from "../ui/chart.ts";
import { type Html, html, part } from "../ui/html.ts";
import type { Page } from "../page.ts";
import { badge, figure, section, type Tone } from "../ui/components.ts";

/** The page. */
export const redis: Page = {
  path: "/redis",
  nav: { label: "Redis", key: "s", icon: "server" },
  async view(ask) {
    const { server } = await ask.snapshot();
    const parts = {
      figures: part("figures", figures(server)),
      checks: part("checks", section("Checks", checks(server))),
      facts: part("facts", section("Server information", facts(server))),
    };
    return {
      title: "Redis",
      body: html`<h1>Redis</h1>${parts.figures.html}${parts.checks.html}${parts.facts.html}`,
      live: Object.values(parts),
    };
  },
};

function figures(facts: ServerFacts): Html {
  const [used, most] = [Number(facts["used_memory"] ?? 0), Number(facts["maxmemory"] ?? 0)];
  const hits = Number(facts["keyspace_hits"] ?? 0);
  const misses = Number(facts["keyspace_misses"] ?? 0);
  const share = hits + misses > 0 ? `${Math.round(hits / (hits + misses) * 100)} %` : "—";
  const memory = facts["used_memory_human"] ?? "—";
  return html`
    <div
      class="figures">${figure("memory", memory, {
        ...most > 0 && {
          trend: gauge(used, most, `${memory} of ${facts["maxmemory_human"] ?? most}`),
          tone: used > 0.9 * most ? "bad" : used > 0.8 * most ? "warn" : undefined,
        },
      })}${figure("peak memory", facts["used_memory_peak_human"] ?? "—")}${figure(
        "commands/s",
        counted(facts["instantaneous_ops_per_sec"]),
      )}${figure("connections", counted(facts["connected_clients"]))}${figure(
        "blocked",
        counted(facts["blocked_clients"]),
      )}${figure("key hit rate", share)}${figure("keys evicted", counted(facts["evicted_keys"]), {
        tone: Number(facts["evicted_keys"] ?? 0) > 0 ? "bad" : undefined,
      })}${figure("uptime", spanOf(Number(facts["uptime_in_seconds"] ?? 0) * 1000))}</div>
  `;
}

function counted(text: string | undefined): string {
  return text === undefined || !/^\d+$/.test(text) ? "—" : count(Number(text));
}

const tones: Readonly<Record<Check["level"], Tone>> = { ok: "good", warn: "warn", fail: "bad" };

function checks(facts: ServerFacts): Html {
  return html`
    <ul class="checks">${serverChecks(facts, false).map(({ name, level, text, fix }) =>
      html`<li>${badge(level, tones[level])}<b>${name}</b> <span>${text}${
        fix !== undefined && html`
          <span class="dim">— ${fix}</span>
        `
      }</span></li>`
    )}</ul>
    <p class="dim">More checks: <code>rl doctor</code></p>
  `;
}

/** The fields of INFO that are shown, in this order. */
const shownFields: readonly (readonly [name: string, label: string])[] = [
  ["redis_version", "version"],
  ["redis_mode", "mode"],
  ["role", "role"],
  ["connected_slaves", "replicas"],
  ["maxmemory_policy", "eviction policy"],
  ["mem_fragmentation_ratio", "fragmentation"],
  ["aof_enabled", "append-only file"],
  ["aof_last_write_status", "last AOF write"],
  ["rdb_last_bgsave_status", "last snapshot"],
  ["rdb_changes_since_last_save", "changes since then"],
  ["latest_fork_usec", "last fork, µs"],
  ["number_of_cached_scripts", "scripts cached"],
  ["pubsub_channels", "channels"],
  ["total_connections_received", "total connections"],
  ["rejected_connections", "rejected connections"],
  ["total_commands_processed", "total commands"],
  ["used_cpu_user", "user CPU, s"],
  ["used_cpu_sys", "system CPU, s"],
];

function facts(server: ServerFacts): Html {
  return html`<dl class="traits">${
    shownFields.filter(([name]) => server[name] !== undefined).map(([name, label]) =>
      html`
        <div>
          <dt>${label}</dt>
          <dd>${server[name]}</dd>
        </div>
      `
    )
  }</dl>`;
}
