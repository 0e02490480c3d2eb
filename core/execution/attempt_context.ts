/**
 * What a running handler sees and leaves: its context, and what of it goes into
 * the next beat.
 *
 * @module
 */

import type { TaskContext } from "../task/task_context.ts";
import type { Definition } from "../task/definition.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { decodeResult, encodeResult } from "../base/json.ts";
import { idOf } from "../protocol/keys.ts";
import type { AttemptHost, Live, Workspace } from "./running_attempt.ts";
import { logOf } from "../task/task_logger.ts";
import type { AttemptWatch } from "../telemetry/otel_attempt.ts";
import { maxReasonLength } from "../defaults.ts";

/** Makes the workspace of `live`; `watch` is told of its steps. */
export function createWorkspace(
  live: Live,
  envelope: Envelope,
  definition: Definition,
  host: AttemptHost,
  watch?: Pick<AttemptWatch, "step">,
): Workspace {
  const { claim } = live;
  const id = idOf(claim.partition, claim.id);
  const { name } = definition;
  const hard = new AbortController();
  const soft = new AbortController();
  let progress = "", remark = "", savedPartial = claim.again?.partial ?? "";
  const steps = new Map<string, Promise<unknown>>();
  const kept = new Map<string, string>();
  const flat = claim.again?.steps ?? [];
  for (let i = 0; i < flat.length; i += 2) kept.set(flat[i]!, flat[i + 1]!);

  async function runStep(key: string, fn: () => unknown): Promise<unknown> {
    const before = kept.get(key);
    const work = () => before === undefined ? newStep(key, fn) : decodeResult(before);
    return await (watch ? watch.step(key, before !== undefined, work) : work());
  }

  async function newStep(key: string, fn: () => unknown): Promise<unknown> {
    const value = await fn();
    await host.saveStep(claim, key, encodeResult(value, `${name}, step ${key}`).text);
    return value;
  }

  const context: TaskContext = {
    id,
    name,
    queue: claim.partition.queue,
    workerId: host.workerId,
    attempt: claim.failures + 1,
    maxAttempts: definition.retry.attempts,
    resurrections: claim.crashes + claim.stalls,
    fence: claim.fence,
    idempotencyKey: id,
    enqueuedAt: new Date(claim.pushedAt),
    deadline: definition.hardTimeoutMs === undefined
      ? null
      : new Date(Date.now() + definition.hardTimeoutMs),
    headers: envelope.headers,
    signal: hard.signal,
    softSignal: soft.signal,
    heartbeat: () => host.beatOnce(live),
    progress(percent, note = "") {
      if (!Number.isFinite(percent)) return;
      progress = String(Math.min(100, Math.max(0, percent)));
      remark = String(note).slice(0, maxReasonLength);
    },
    partialResult: undefined,
    previous: previousOf(live, (error) => host.onError(error, id, name)),
    step<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
      let running = steps.get(key);
      if (!running) {
        running = runStep(String(key), fn);
        steps.set(key, running);
        // A step that failed is run again by whoever asks next, and is no unhandled rejection.
        running.catch(() => steps.delete(key));
      }
      return running as Promise<T>;
    },
    log: logOf(id, name),
  };

  return {
    context,
    abort: (reason) => hard.abort(reason),
    abortSoftly: (reason) => soft.abort(reason),
    news() {
      let partial = "";
      try {
        if (context.partialResult !== undefined) {
          partial = encodeResult(context.partialResult, `${name}, partial result`).text;
        }
      } catch (error) {
        host.onError(error, id, name);
      }
      return { progress, remark, partial: partial === savedPartial ? "" : partial };
    },
    saved(news) {
      if (news.partial) savedPartial = news.partial;
      if (news.progress === progress) progress = "";
    },
  };
}

function previousOf(
  { claim: { again } }: Live,
  onError: (error: unknown) => void,
): TaskContext["previous"] {
  if (!again) return null;
  try {
    const partialResult = again.partial === "" ? undefined : decodeResult(again.partial);
    if (again.error === "") return { partialResult };
    const { name, message } = JSON.parse(again.error);
    return { partialResult, error: { name, message } };
  } catch (error) {
    onError(error); // Somebody else wrote there: the task runs all the same, from the beginning.
    return { partialResult: undefined };
  }
}
