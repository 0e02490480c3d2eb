/**
 * A handler at work, as the parts of a worker know it.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { TaskContext } from "../task/task_context.ts";
import type { Definition } from "../task/definition.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { RelierError } from "../base/errors.ts";
import type { Isolates } from "../threads/isolate_pool.ts";
import type { Verdict } from "./outcome.ts";
import type { AttemptWatch } from "../telemetry/otel_attempt.ts";

/** What an attempt asks of its worker. */
export interface AttemptHost {
  readonly workerId: string;
  readonly relier: object;
  definitionNamed(name: string): Definition | undefined;
  /** Where isolated tasks run; absent inside of an isolate. */
  readonly isolates?: Isolates;
  /** Beats for this one claim now. @throws {RelierError} `RL_LEASE_LOST` */
  beatOnce(live: Live): Promise<void>;
  /** Saves a step, fenced. @throws {RelierError} `RL_LEASE_LOST`, `RL_PAYLOAD_TOO_LARGE` */
  saveStep(claim: Claim, name: string, value: string): Promise<void>;
  /** Begins to tell whoever observes of an attempt; nothing where nobody does. */
  watch?(claim: Claim, id: string, task: Watched): AttemptWatch | undefined;
  /** The same in an isolate, where the attempt is told of by its worker. */
  join?(claim: Claim): Pick<AttemptWatch, "run" | "step"> | undefined;
  /** Told of errors that are nobody's answer. */
  onError(error: unknown, id: string, name: string): void;
}

/** What is told of a task beside its claim. */
export interface Watched {
  readonly name: string;
  readonly headers: Envelope["headers"];
  /** 0 where the task is not known here. */
  readonly maxAttempts: number;
}

/** What a beat saves of an attempt; empty texts where nothing is new. */
export interface News {
  readonly progress: string;
  readonly remark: string;
  readonly partial: string;
}

/** A handler at work. */
export interface Live {
  readonly claim: Claim;
  /** Tells whoever observes what becomes of it. */
  readonly watch: AttemptWatch | undefined;
  readonly name: string;
  /** What it has to show, for the next beat. */
  readonly workspace: Workspace | undefined;
  /** What it came to; `null` if the claim is lost and there is nothing to settle. */
  readonly verdict: Promise<Verdict | null>;
  /** Resolves when the handler has really returned. */
  readonly returned: Promise<void>;
  /** Called, best effort, once the verdict was accepted. */
  after(): Promise<void>;
  /** Another worker has the task: abort, and settle nothing. */
  lose(): void;
  /** Cancelling was asked: abort, and wait a little for the handler. */
  cancel(reason: string): void;
  /** Give the task back now. */
  handOff(error: RelierError): void;
}

/** The context of a run, from the worker's side. */
export interface Workspace {
  readonly context: TaskContext;
  /** Aborts `ctx.signal`; the first reason stays. */
  abort(reason: RelierError): void;
  /** Aborts `ctx.softSignal`. */
  abortSoftly(reason: RelierError): void;
  /** What is new since the last beat that `saved` was told of. */
  news(): News;
  /** These news are in Redis. */
  saved(news: News): void;
}
