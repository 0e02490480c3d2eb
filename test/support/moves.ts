/**
 * The scripts, callable one by one: each move of producers, workers and operators.
 * Tests can also let time pass without a wait.
 *
 * @module
 */

import type { Redis } from "ioredis";
import { type Claim, readClaims } from "../../core/protocol/claim.ts";
import { channelOf, keyOf, type Partition } from "../../core/protocol/keys.ts";
import { randomLocal } from "../../core/protocol/task_id.ts";
import type { Reply } from "../../core/port.ts";
import { call, type Caller } from "../../core/redis/call.ts";
import * as scripts from "./scripts.ts";
import type { TaskState } from "../../core/states.ts";

/** The stored facts of a task, as text. */
export interface Facts {
  readonly state: TaskState | "";
  readonly score?: string;
  readonly crashes?: string;
  readonly stalls?: string;
  readonly failures?: string;
  readonly deferrals?: string;
  readonly deferredAt?: string;
  readonly lost?: string;
  readonly progress?: string;
  readonly reason?: string;
}

/** The reply to a turn. */
export interface Turned {
  readonly tasks: readonly Claim[];
  readonly stale: readonly string[];
  readonly lane: string;
  readonly nextMs: number;
  /** Ids and reasons of the rows that stopped a cancelled task instead. */
  readonly cancelled: readonly string[];
}

/** The reply to a heartbeat. */
export interface Beaten {
  readonly seen: number;
  readonly lost: readonly string[];
  readonly asked: readonly string[];
  readonly order: string;
}

/** The events by which a worker settles a claim. */
export type Settle = "complete" | "retry" | "bury" | "defer" | "handoff" | "stop";

type Row<S> = S extends { readonly row: readonly (infer K extends string)[] } ? K : never;
type RestoreRow = { readonly [K in Row<typeof scripts.restore>]: any };
type PushRow = Partial<Record<Row<typeof scripts.push>, string | number>>;
type PlainRow = Partial<Record<Row<typeof scripts.pushPlain>, string | number>>;

/** Every script, with optional arguments. */
export interface Moves {
  readonly caller: Caller;
  readonly partition: Partition;
  /** Pushes one task; resolves to its id. */
  push(row?: PushRow): Promise<string>;
  /** Pushes rows; resolves to the exceptional outcomes, or `"stale"`. */
  pushRows(
    rows: readonly PushRow[],
    options?: { parent?: string; nonce?: string; own?: string },
  ): Promise<"stale" | readonly Reply[]>;
  /** Pushes rows without options; resolves to whether the script accepted them. */
  pushPlain(rows: readonly PlainRow[]): Promise<boolean>;
  turn(
    options?: {
      worker?: string;
      call?: string;
      nonce?: string;
      slots?: number;
      spare?: number;
      empty?: number;
      relief?: number;
      leaseMs?: number;
      traces?: string;
      rows?: readonly SettleRow[];
    },
  ): Promise<Turned>;
  /** Claims the task that is first in line. */
  claim(worker?: string): Promise<Claim>;
  /** Settles a claim; resolves to whether the script accepted it. */
  settle(
    claim: { id: string; nonce: string },
    event: Settle,
    more?: Partial<SettleRow>,
  ): Promise<boolean>;
  beat(
    worker: string,
    rows: readonly Partial<BeatRow>[],
    obeyed?: string,
    traces?: string,
    /** The tasks it reports to know; nothing is reported without. */
    tasks?: readonly { name: string; version: number }[],
    state?: string,
  ): Promise<Beaten>;
  /** Beats with a report for the history of the queue; see lua/lib/tally.lua. */
  tally(worker: string, report: string): Promise<void>;
  step(
    claim: { id: string; nonce: string },
    name?: string,
    value?: string,
    limit?: number,
  ): Promise<string>;
  cancel(id: string, reason?: string): Promise<string>;
  release(ids: readonly string[], token?: string, envelope?: string): Promise<readonly Reply[]>;
  promote(ids: readonly string[], token?: string): Promise<readonly Reply[]>;
  /** Restores one task; resolves to its id if it existed already. */
  restore(row?: Partial<RestoreRow>, token?: string): Promise<readonly Reply[]>;
  discard(ids: readonly string[]): Promise<readonly Reply[]>;
  lock(id: string, nonce: string, leaseMs?: number): Promise<readonly Reply[]>;
  unlock(id: string, nonce: string): Promise<string>;
  /** Sweeps even after a recent sweep; resolves to the resurrected tasks, by id. */
  sweep(leaseMs?: number): Promise<Readonly<Record<string, string>>>;
  /** Reports that the worker died. */
  crash(worker: string, cause?: string): Promise<Readonly<Record<string, string>>>;
  /** Makes the task that is first in line a suspect, by two deaths of `worker`; due for `agoMs`. */
  suspect(id: string, agoMs?: number, worker?: string): Promise<string>;
  /** Sets the due time or the end of retention, in milliseconds from now by the clock of Redis. */
  age(state: TaskState, id: string, ms: number): Promise<void>;
  /** Makes the record of a task unreadable, as a damaged backup does. */
  spoil(id: string): Promise<void>;
  /** The place of a task and every fact about it; `""` if there is none. */
  facts(id: string): Promise<Facts>;
  /** The time of Redis in milliseconds since 1970. */
  now(): Promise<number>;
}

interface SettleRow {
  readonly id: string;
  readonly nonce: string;
  readonly event: string;
  readonly ms: number;
  readonly text: string;
  readonly error: string;
  readonly partial: string;
  readonly name: string;
  /** `ms` by default. */
  readonly keyMs?: number;
  readonly needs?: string;
}

interface BeatRow {
  readonly id: string;
  readonly nonce: string;
  readonly started: number | boolean;
  readonly progress: string;
  readonly remark: string;
  readonly partial: string;
}

const byHand = '{"v":1,"name":"by-hand","payload":[]}';

/** The scripts for `partition`, which `caller` runs. */
export function movesAt(caller: Caller, partition: Partition, redis: Redis): Moves {
  const now = async (): Promise<number> => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };

  async function sweepFor(dead: string, cause: string, leaseMs: number) {
    const timing = { everyMs: 25, quietMs: -1, steady: 1 };
    const args = { dead, cause, leaseMs, graceMs: 500, tally: "", ...timing };
    const [, , , raised] = await call(caller, partition, scripts.sweep, args);
    return record(raised);
  }

  const moves: Moves = {
    caller,
    partition,
    now,
    async push(row = {}) {
      const { id = randomLocal() } = row;
      await moves.pushRows([{ ...row, id }]);
      return String(id);
    },
    async pushRows(rows, { parent = "", nonce = "", own = "" } = {}) {
      const full = rows.map((row) => ({
        id: randomLocal(),
        delayMs: 0,
        atMs: 0,
        priority: 0,
        print: "",
        limit: "",
        tenant: "",
        death: "",
        envelope: byHand,
        ...row,
      }));
      const args = { parent, nonce, own };
      const reply = await call(caller, partition, scripts.push, args, full as never);
      if (reply[0] === "plain") return [];
      return reply[0] === "stale" ? "stale" : reply[3];
    },
    async pushPlain(rows) {
      const full = rows.map((row) => ({
        id: randomLocal(),
        priority: 0,
        envelope: byHand,
        ...row,
      }));
      const [word] = await call(caller, partition, scripts.pushPlain, {}, full as never);
      return word === "plain";
    },
    async turn(options = {}) {
      const { nonce = randomLocal(), rows = [], ...rest } = options;
      const args = {
        worker: "w1",
        call: "0",
        slots: 0,
        spare: 0,
        empty: 1,
        relief: 0,
        leaseMs: 10_000,
        traces: "",
      };
      const [, , , tasks, stale, lane, nextMs, cancelled] = await call(
        caller,
        partition,
        scripts.settleAndClaim,
        { ...args, ...rest, nonce },
        rows.map((row) => ({ keyMs: row.ms, needs: "", keep: 0, ...row })) as never,
      );
      return {
        tasks: readClaims(partition, nonce, tasks, lane === "solo", Infinity),
        stale: stale as string[],
        lane,
        nextMs,
        cancelled: cancelled as string[],
      };
    },
    async claim(worker = "w1") {
      const { tasks } = await moves.turn({ worker, slots: 1 });
      if (tasks.length !== 1) throw new Error("Nothing was there to claim");
      return tasks[0]!;
    },
    async settle({ id, nonce }, event, more = {}) {
      const row = { id, nonce, event, ms: 60_000, text: "", error: "", partial: "", name: "" };
      const { stale } = await moves.turn({ rows: [{ ...row, ...more }] });
      return stale.length === 0;
    },
    async beat(worker, rows, obeyed = "", traces = "", tasks = undefined, state = undefined) {
      const full = rows.map(({ id = "", nonce = "", started = 1, progress = "", ...row }) => {
        const { remark = "", partial = "" } = row;
        return { id, nonce, started: Number(started), progress, remark, partial };
      });
      const says = JSON.stringify({ tasks, state });
      const knows = JSON.stringify(tasks) ?? "";
      const args = { worker, says, knows, obeyed, leaseMs: 10_000, traces, tally: "" };
      const [, , , seen, lost, asked, order] = await call(
        caller,
        partition,
        scripts.heartbeat,
        args,
        full,
      );
      return { seen, lost: lost as string[], asked: asked as string[], order };
    },
    async tally(worker, tally) {
      const args = { worker, says: "", knows: "", obeyed: "", leaseMs: 10_000, traces: "", tally };
      await call(caller, partition, scripts.heartbeat, args);
    },
    async step({ id, nonce }, name = "a step", value = "1", limit = 262_144) {
      const [word] = await call(caller, partition, scripts.step, { id, nonce, name, value, limit });
      return word;
    },
    async cancel(id, reason = "asked") {
      const [word] = await call(caller, partition, scripts.cancel, { id, reason, keepMs: 60_000 });
      return word;
    },
    async release(ids, token = randomLocal(), envelope = "") {
      const rows = ids.map((id) => ({ id, envelope }));
      return (await call(caller, partition, scripts.release, { token, observed: 0 }, rows))[3];
    },
    async promote(ids, token = randomLocal()) {
      const rows = ids.map((id) => ({ id }));
      return (await call(caller, partition, scripts.promote, { token }, rows))[3];
    },
    async restore(row, token = randomLocal()) {
      const diedAt = await now();
      const rest = { pushedAt: diedAt, diedAt, priority: 0, print: "", limit: "", tenant: "" };
      const counts = { failures: 0, crashes: 0, stalls: 0 };
      const why = { reason: "restored", error: "", history: "" };
      const work = { tried: 0, partial: "", steps: "" };
      const full = {
        id: randomLocal(),
        envelope: byHand,
        ...rest,
        ...counts,
        ...why,
        ...work,
        ...row,
      };
      return (await call(caller, partition, scripts.restore, { token }, [full]))[3];
    },
    async discard(ids) {
      const rows = ids.map((id) => ({ id }));
      return (await call(caller, partition, scripts.discard, {}, rows))[3];
    },
    async lock(id, nonce, leaseMs = 10_000) {
      const [word, , , ...rest] = await call(caller, partition, scripts.lock, {
        id,
        nonce,
        leaseMs,
      });
      return [word, ...rest];
    },
    async unlock(id, nonce) {
      return (await call(caller, partition, scripts.unlock, { id, nonce }))[0];
    },
    sweep: (leaseMs = 10_000) => sweepFor("nobody", "", leaseMs),
    crash: (worker, cause = "SIGKILL") => sweepFor(worker, cause, 10_000),
    async suspect(id, agoMs = 1, worker = "w1") {
      for (const state of ["scheduled", "quarantined"] as const) {
        await moves.turn({ worker, slots: 1 });
        await moves.crash(worker);
        await moves.age(state, id, state === "scheduled" ? -1 : -agoMs);
        if (state === "scheduled") await moves.sweep();
      }
      return id;
    },
    async age(state, id, ms) {
      await redis.zadd(keyOf(partition, state), "XX", await now() + ms, id);
    },
    async spoil(id) {
      await redis.hset(keyOf(partition, "record"), id, "\u00c1garbage");
    },
    async facts(id) {
      const reply = await call(caller, partition, scripts.inspect, { id });
      return reply[0] === "unknown" ? { state: "" } : record(reply[3]) as unknown as Facts;
    },
  };
  return moves;
}

/**
 * Subscribes as the worker `id` of `partition`, so that the server sees it as alive. It
 * ends as a process does.
 */
export async function subscriber(
  redis: Redis,
  partition: Partition,
  id: string,
): Promise<() => void> {
  const client = redis.duplicate();
  await client.subscribe(channelOf(partition, id));
  return () => client.disconnect();
}

function record(flat: readonly Reply[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) out[String(flat[i])] = String(flat[i + 1]);
  return out;
}
