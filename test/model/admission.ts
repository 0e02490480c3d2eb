/**
 * The rules of admission: the limits of a queue and of a producer decide whether tasks
 * are admitted. They also report the rest of each limit.
 *
 * @module
 */

import { count, isOver, lineOf, nowOf, pushedAt, type World } from "./world.ts";

/** The reply of a script after its word, epoch and sequence. */
export type Answer = readonly [word: string, ...unknown[]];

interface Rule {
  readonly gap: number;
  readonly burst: number;
}

/** Limits in front of a push. */
interface Gate {
  /** The reason of a refusal, and the wait in ms; empty if the tasks are admitted. */
  refusal(tenant: string, cost: number): [reason?: string, waitMs?: number];
  /**
   * The quota of each binding limit: its maximum, its window in ms, the rest, and the
   * time of more.
   */
  quotas(tenant: string, taken: number): unknown[];
  /** Stores the used part of a rate. */
  close(): void;
}

/** Checks whether so many tasks would be accepted. Reserves and charges nothing. */
export function admit(
  world: World,
  { own, tenant, cost }: { own: string; tenant: string; cost: number },
): Answer {
  const gate = gateOf(world, own);
  const [reason, waitMs] = gate.refusal(tenant, cost);
  if (reason) count(world, `refused:${reason}`);
  const quotas = gate.quotas(tenant, reason ? 0 : cost);
  return reason ? ["refused", reason, waitMs, quotas] : ["ok", quotas];
}

/** The limits of the queue and the producer's own: of each kind the stricter one. */
export function gateOf(world: World, own: string): Gate {
  const bounds = new Map<string, number>();
  const rates = new Map<string, Rule>();
  const stored = [...world.limits].map(([name, value]) => `${name}=${value}`);
  for (const text of [...own.split(" ").filter(Boolean), ...stored]) {
    const [name, value] = text.split("=") as [string, string];
    if (name === "concurrency") continue;
    if (name !== "rate") {
      bounds.set(name, Math.min(bounds.get(name) ?? Infinity, Number(value)));
      continue;
    }
    const [many, ms, burst, by] = value.split("/") as [string, string, string, string];
    const other = rates.get(by) ?? { gap: 0, burst: Infinity };
    rates.set(by, {
      gap: Math.max(other.gap, Number(ms) * 1000 / Number(many)),
      burst: Math.min(other.burst, Number(burst)),
    });
  }
  const buckets = bucketsOf(world);
  const { depth = Infinity, age = Infinity, tenant: share = Infinity } = Object.fromEntries(bounds);
  const waiting = (): number => lineOf(world, "ready").length + lineOf(world, "scheduled").length;

  function rulesOf(tenant: string): Map<string, Rule> {
    const rules = new Map<string, Rule>();
    if (rates.has("queue")) rules.set("queue", rates.get("queue")!);
    if (rates.has("tenant") && tenant !== "") rules.set(`tenant:${tenant}`, rates.get("tenant")!);
    return rules;
  }

  function refusal(tenant: string, cost: number): [reason?: string, waitMs?: number] {
    if (world.closed !== undefined) return ["closed", 1000];
    if (waiting() + cost > depth) return ["depth", 1000];
    if (oldestMs(world) > age) return ["age", 1000];
    if (tenant !== "" && unfinishedOf(world, tenant) + cost > share) return ["tenant", 1000];
    const waitUs = buckets.take(rulesOf(tenant), cost);
    return waitUs > 0 ? ["rate", Math.ceil(waitUs / 1000)] : [];
  }

  function quotas(tenant: string, taken: number): unknown[] {
    const quotas: unknown[] = [];
    for (const [who, { gap, burst }] of rulesOf(tenant)) {
      const busy = (buckets.fullAt(who, { gap, burst }) - world.nowUs) / gap;
      const left = Math.floor(burst - busy + 0.001);
      const resetMs = left < burst ? Math.ceil((busy + left + 1 - burst) * gap / 1000) : 0;
      const windowMs = Math.ceil(burst * gap / 1000);
      const name = who === "queue" ? "rate" : "tenant-rate";
      quotas.push(name, burst, windowMs, Math.max(0, left), resetMs);
    }
    const add = (name: string, most: number, used: number): void =>
      void quotas.push(name, most, 0, Math.max(0, most - used - taken), 0);
    if (depth < Infinity) add("depth", depth, waiting());
    if (share < Infinity && tenant !== "") add("tenant", share, unfinishedOf(world, tenant));
    return quotas;
  }
  return { refusal, quotas, close: buckets.close };
}

/** Buckets that fill up with time; each task takes a place in every one that binds it. */
function bucketsOf(world: World) {
  const full = new Map<string, number>(), promised = new Map<string, number>();
  const taken = new Set<string>();
  const fullAt = (who: string, { gap, burst }: Rule): number => {
    if (!full.has(who)) {
      const at = Math.max(world.nowUs, world.rate.get(who) ?? 0);
      const furthest = world.nowUs + burst * gap;
      full.set(who, at > furthest + 1000 ? furthest - gap : at);
    }
    return full.get(who)!;
  };
  return {
    fullAt,
    /**
     * Takes `cost` places, or returns the microseconds until they are free. Each caller
     * gets a later time.
     */
    take(rules: ReadonlyMap<string, Rule>, cost: number): number {
      const waits = ({ gap, burst }: Rule, at: number): number =>
        at - (burst - cost) * gap - world.nowUs;
      const wait = Math.max(0, ...[...rules].map(([w, rule]) => waits(rule, fullAt(w, rule))));
      let longest = wait;
      for (const [who, rule] of rules) {
        if (wait <= 0) {
          full.set(who, fullAt(who, rule) + cost * rule.gap);
          taken.add(who);
        } else {
          const at = Math.max(promised.get(who) ?? 0, fullAt(who, rule));
          longest = Math.max(longest, waits(rule, at));
          promised.set(who, at + cost * rule.gap);
        }
      }
      return longest;
    },
    close(): void {
      if (taken.size === 0) return;
      forgetFull(world);
      for (const who of taken) world.rate.set(who, full.get(who)!);
    },
  };
}

/** Forgets buckets that are full again. */
export function forgetFull(world: World): void {
  for (const [who, at] of world.rate) if (at <= world.nowUs) world.rate.delete(who);
}

/** The wait of the first task of some priority, for the longest one. */
function oldestMs(world: World): number {
  const firsts = new Map<number | undefined, { readonly since: number }>();
  for (const task of lineOf(world, "ready")) {
    if (firsts.has(task.priority)) continue;
    const since = Math.max(pushedAt(task), task.readyAt ?? 0, task.ended ?? 0);
    firsts.set(task.priority, { since });
  }
  return Math.max(0, ...[...firsts.values()].map(({ since }) => nowOf(world) - since));
}

function unfinishedOf(world: World, tenant: string): number {
  return [...world.tasks.values()].filter((task) => task.tenant === tenant && !isOver(task)).length;
}
