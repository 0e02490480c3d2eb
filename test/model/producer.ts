/**
 * The rules of producers: pushing, within limits, and looking what became of it.
 *
 * @module
 */

import {
  arrival,
  count,
  holds,
  isOver,
  lineOf,
  move,
  nextFence,
  nowOf,
  place,
  pushedAt,
  ring,
  type Task,
  type World,
} from "./world.ts";

/** A task to be pushed. */
export interface PushRow {
  readonly id: string;
  readonly delayMs: number;
  readonly atMs: number;
  readonly priority: number;
  readonly print: string;
  readonly limit: string;
  readonly tenant: string;
  readonly envelope: string;
}

/** Everything a script answers behind its word, epoch and sequence. */
export type Answer = readonly [word: string, ...unknown[]];

/** Pushes tasks; a parent that lost its lease pushes nothing. */
export function push(
  world: World,
  { parent, nonce, own }: { parent: string; nonce: string; own: string },
  rows: readonly PushRow[],
): Answer {
  if (parent !== "" && !holds(world.tasks.get(parent), nonce)) return ["stale"];
  const gate = gateOf(world, own);
  const odd: unknown[] = [], refused: unknown[] = [];
  for (const [i, row] of rows.entries()) {
    const old = world.tasks.get(row.id);
    if (old && old.state !== "cancelled") {
      odd.push(i, meeting(old, row.print));
      continue;
    }
    const [reason, waitMs] = gate.refusal(row.tenant);
    if (reason) {
      refused.push(i, reason, waitMs);
      count(world, `refused:${reason}`);
    } else {
      accept(world, row, old);
    }
  }
  gate.close();
  return ["ok", odd, refused];
}

function meeting(task: Task, print: string): string {
  if (print !== "" && task.print !== undefined && task.print !== print) return "conflict";
  return task.state === "completed" ? "replayed" : "joined";
}

function accept(world: World, row: PushRow, old: Task | undefined): void {
  const task: Task = {
    id: row.id,
    state: old?.state ?? null,
    at: 0,
    order: arrival(world),
    priority: row.priority || undefined,
    print: row.print || undefined,
    limit: row.limit === "" ? undefined : Number(row.limit),
    tenant: row.tenant || undefined,
    history: old?.history,
  };
  const due = row.atMs > 0 ? row.atMs : nowOf(world) + row.delayMs;
  if (due > nowOf(world)) move(world, task, "schedule", due);
  else {
    move(world, task, "push", place(task));
    ring(world);
  }
  task.payload = row.envelope;
}

interface Rule {
  readonly gap: number;
  readonly burst: number;
}

/** The limits of the queue and the producer's own: of each kind the stricter one. */
function gateOf(world: World, own: string) {
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

  function refusal(tenant: string): [reason?: string, waitMs?: number] {
    if (world.closed !== undefined) return ["closed", 1000];
    const { depth = Infinity, age = Infinity, tenant: share = Infinity } = Object.fromEntries(
      bounds,
    );
    if (lineOf(world, "ready").length + lineOf(world, "scheduled").length >= depth) {
      return ["depth", 1000];
    }
    if (oldestMs(world) > age) return ["age", 1000];
    if (tenant !== "" && unfinishedOf(world, tenant) >= share) return ["tenant", 1000];
    const rules = new Map<string, Rule>();
    if (rates.has("queue")) rules.set("queue", rates.get("queue")!);
    if (rates.has("tenant") && tenant !== "") rules.set(`tenant:${tenant}`, rates.get("tenant")!);
    const waitUs = buckets.take(rules);
    return waitUs > 0 ? ["rate", Math.ceil(waitUs / 1000)] : [];
  }
  return { refusal, close: buckets.close };
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
    /** Takes a place, or returns the microseconds until there is one: another for each who asks. */
    take(rules: ReadonlyMap<string, Rule>): number {
      const waits = (rule: Rule, at: number): number =>
        at - (rule.burst - 1) * rule.gap - world.nowUs;
      const wait = Math.max(0, ...[...rules].map(([w, rule]) => waits(rule, fullAt(w, rule))));
      let longest = wait;
      for (const [who, rule] of rules) {
        if (wait <= 0) {
          full.set(who, fullAt(who, rule) + rule.gap);
          taken.add(who);
        } else {
          const at = Math.max(promised.get(who) ?? 0, fullAt(who, rule));
          longest = Math.max(longest, waits(rule, at));
          promised.set(who, at + rule.gap);
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

/** For how long the first of some priority has waited, if longest. */
function oldestMs(world: World): number {
  const firsts = new Map<number | undefined, Task>();
  for (const task of lineOf(world, "ready")) {
    if (!firsts.has(task.priority)) firsts.set(task.priority, task);
  }
  const waits = [...firsts.values()].map((task) =>
    nowOf(world) - Math.max(pushedAt(task), task.readyAt ?? 0, task.ended ?? 0)
  );
  return Math.max(0, ...waits);
}

function unfinishedOf(world: World, tenant: string): number {
  return [...world.tasks.values()].filter((task) => task.tenant === tenant && !isOver(task)).length;
}

/** Tells where tasks stand, and notes on which channel somebody waits for the rest. */
export function poll(
  world: World,
  { channel }: { channel: string },
  rows: readonly { readonly id: string }[],
): Answer {
  const told = rows.map(({ id }) => {
    const task = world.tasks.get(id);
    const others = task?.waiters ?? "";
    if (task && !isOver(task) && channel !== "" && !others.includes(channel)) {
      task.waiters = `${others} ${channel}`;
    }
    const { state = "", failures = 0, progress = "", worker = "" } = task ?? {};
    const { reason = "", error = "", result = "" } = task ?? {};
    return [state, failures, progress, worker, reason, error, result];
  });
  return ["ok", told];
}

/** Takes a lock, renews it, or says who has it or what came of it. */
export function lock(
  world: World,
  { id, nonce, leaseMs }: { id: string; nonce: string; leaseMs: number },
): Answer {
  const now = nowOf(world);
  const old = world.tasks.get(id);
  if (old?.state === "completed" && old.at > now) return ["done", old.result];
  if (old?.state === "running" && old.nonce !== nonce && old.at > now) {
    return ["held", old.at - now];
  }
  let task = old;
  if (!holds(task, nonce)) {
    const fence = world.fence = nextFence(world);
    task = { id, state: old?.state ?? null, at: 0, order: arrival(world) };
    Object.assign(task, { since: now, worker: "lock", fence, nonce, started: 1 });
  }
  move(world, task, "lock", now + leaseMs);
  for (const each of lineOf(world, "completed")) {
    if (each.at <= now) move(world, each, "purge", 0);
  }
  return ["ok", task.fence];
}

/** Lets go of a lock. */
export function unlock(world: World, { id, nonce }: { id: string; nonce: string }): Answer {
  const task = world.tasks.get(id);
  if (!task) return ["ok"];
  if (!holds(task, nonce)) return ["stale"];
  move(world, task, "unlock", 0);
  return ["ok"];
}
