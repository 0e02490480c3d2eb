/**
 * Steps of a queue as data: small numbers that name tasks, workers
 * and claims, so that steps meet each other often, and a sequence that fails can
 * be cut short.
 *
 * @module
 */

import type { RestoreRow } from "./operator.ts";
import type { PushRow } from "./producer.ts";
import type { BeatRow, SettleRow } from "./worker.ts";

/** A task to be pushed; `atMs` counts from now, and is 0 for one that goes by `delayMs`. */
export interface PushStep extends Omit<PushRow, "id" | "envelope" | "death"> {
  readonly task: number;
  /** The death that it replaces: none, that of its task, or another one. */
  readonly replaces: "" | "its" | "another";
  readonly payload: number;
  /** True if the envelope asks to keep the payload. */
  readonly keep: boolean;
}

/** Outcome of a claim, counted back from the last one. */
export interface SettleStep extends Omit<SettleRow, "id" | "nonce" | "error" | "name"> {
  readonly claim: number;
}

/** Progress a worker reports for a claim. */
export interface BeatStep extends Omit<BeatRow, "id" | "nonce"> {
  readonly claim: number;
}

/** A dead task from an export. */
export interface RestoreStep extends Omit<RestoreRow, "id" | "envelope" | "pushedAt" | "diedAt"> {
  readonly task: number;
  readonly agoMs: number;
}

/** Fields of each kind of step. */
export interface StepKinds {
  push: {
    readonly rows: readonly PushStep[];
    readonly own: string;
    readonly parent: number | null;
  };
  /** A caller checks admission. */
  admit: { readonly own: string; readonly tenant: string; readonly cost: number };
  turn: {
    readonly worker: string;
    readonly call: string;
    readonly slots: number;
    readonly spare: number;
    readonly leaseMs: number;
    readonly empty: number;
    readonly relief: number;
    readonly traces: string;
    readonly rows: readonly SettleStep[];
  };
  /** A worker completes its first attempts, and claims more. */
  work: {
    readonly worker: string;
    readonly call: string;
    readonly slots: number;
    readonly ms: number;
    readonly text: string;
    /** True if it names claims that were never made. */
    readonly stray: boolean;
  };
  /** A turn that claims nothing. */
  settle: { readonly row: SettleStep; readonly traces: string };
  beat: {
    readonly worker: string;
    readonly rows: readonly BeatStep[];
    /** Number of held tasks without a beat: their handlers are stuck. */
    readonly stuck: number;
    /** The tasks that the worker reports to know. */
    readonly tasks: readonly { readonly name: string; readonly version: number }[] | undefined;
    readonly leaseMs: number;
    readonly traces: string;
  };
  renew: { readonly worker: string; readonly leaseMs: number; readonly rows: readonly number[] };
  step: {
    readonly claim: number;
    readonly name: string;
    readonly value: string;
    readonly limit: number;
  };
  cancel: { readonly task: number; readonly reason: string; readonly keepMs: number };
  sweep: { readonly leaseMs: number; readonly steady: number };
  /** A sweep for a worker that has died: the n-th that runs something, or any. */
  evict: { readonly worker: number; readonly cause: string; readonly leaseMs: number };
  /** A worker claims what is first in line, and dies or gets stuck; so many times. */
  crash: { readonly worker: string; readonly times: number; readonly stalls: boolean };
  release: {
    readonly tasks: readonly number[];
    readonly envelope: string;
    readonly observed: number;
  };
  promote: { readonly tasks: readonly number[] };
  discard: { readonly tasks: readonly number[] };
  restore: { readonly rows: readonly RestoreStep[] };
  pause: { readonly field: "paused" | "closed"; readonly reason: string };
  resume: Record<never, never>;
  limit: { readonly rows: readonly { readonly name: string; readonly value: string }[] };
  poll: { readonly tasks: readonly number[]; readonly channel: string };
  /** A worker that waits hears the bell. */
  hear: Record<never, never>;
  lock: { readonly lock: number; readonly holder: number; readonly leaseMs: number };
  unlock: { readonly lock: number; readonly holder: number };
  /** A client deletes the results of locks that are over. */
  purge: Record<never, never>;
  /** The holder of a lock stores its result. */
  keep: { readonly lock: number; readonly holder: number; readonly ms: number };
  /** A call from before comes once more: a client has sent it again, late. */
  echo: { readonly back: number };
  wait: { readonly ms: number };
  /** The clock of Redis is set back. */
  back: { readonly ms: number };
  /** Time passes until just before, at, or just after the next moment at which something is due. */
  due: { readonly which: number; readonly offMs: number };
}

/** One step; `lost` if its reply gets lost, so that it is sent twice. */
export type Step = {
  readonly [K in keyof StepKinds]: { readonly do: K; readonly lost: boolean } & StepKinds[K];
}[keyof StepKinds];
