/**
 * An attempt whose handler runs in an isolate, as its worker sees it. The isolate
 * decides what the handler comes to; the worker decides over the isolate: a hard
 * timeout, a lost lease or a drain kills it.
 *
 * @module
 */

import { cancelGraceMs } from "../execution/attempt.ts";
import type { Claim } from "../protocol/claim.ts";
import type { Definition } from "../task/definition.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { RelierError } from "../base/errors.ts";
import { thrown, told } from "./isolate_messages.ts";
import type { Ear, Job } from "./isolate_pool.ts";
import { decodeResult } from "../base/json.ts";
import { idOf } from "../protocol/keys.ts";
import type { AttemptHost, Live } from "../execution/running_attempt.ts";
import { buried, failed, handedOff, stopped, type Verdict } from "../execution/outcome.ts";
import type { AttemptWatch } from "../telemetry/otel_attempt.ts";
import { createWorkspace } from "../execution/attempt_context.ts";

/** Runs the handler of `definition` for `claim` in an isolate. Never throws: everything is a verdict. */
export function runIsolated(
  claim: Claim,
  envelope: Envelope,
  definition: Definition,
  host: AttemptHost,
  watch: AttemptWatch | undefined,
): Live {
  const id = idOf(claim.partition, claim.id);
  const { name, hardTimeoutMs } = definition;
  const warn = (error: unknown): void => host.onError(error, id, name);
  let resolve!: (verdict: Verdict | null) => void;
  const verdict = new Promise<Verdict | null>((settle) => resolve = settle);
  const timers: ReturnType<typeof setTimeout>[] = [];
  let decided = false;
  let failure: unknown;
  let job: Job | undefined;

  const live: Live = {
    claim,
    watch,
    name,
    workspace: undefined,
    verdict,
    returned: Promise.resolve(),
    async after() {
      const final = await verdict;
      try {
        if (final?.event === "complete") {
          await definition.onSuccess?.(workspace.context, decodeResult(final.text));
        }
        if (final?.event === "bury") await definition.onDead?.(workspace.context, failure);
      } catch (error) {
        warn(error);
      }
    },
    lose() {
      end(new RelierError("RL_LEASE_LOST", `Task "${id}" is another worker's now`), null);
    },
    cancel(reason) {
      job?.post({ do: "cancel", reason });
      const error = new RelierError("RL_CANCELLED", `Task "${id}" was cancelled: ${reason}`);
      timers.push(setTimeout(() => end(error, stopped(reason)), cancelGraceMs));
    },
    handOff(error) {
      end(error, handedOff(error.code === "RL_DRAINING" ? "drain" : "connection"));
    },
  };
  const workspace = createWorkspace(live, envelope, definition, host);

  function decide(final: Verdict | null): void {
    decided = true;
    for (const timer of timers) clearTimeout(timer);
    resolve(final);
  }

  /** The handler may not go on: `error` is what its signal is told before it is killed. */
  function end(error: RelierError, final: Verdict | null): void {
    if (decided) return;
    decide(final);
    void job?.end(error);
  }

  function fail(error: unknown): void {
    if (decided) return;
    failure = error;
    decide(failed(definition, claim.failures, error, warn));
  }

  const hear: Ear = (message) => {
    if (message.what === "news") {
      const { progress, remark, partial } = message.news;
      if (progress !== "") workspace.context.progress(Number(progress), remark);
      if (partial !== "") workspace.context.partialResult = decodeResult(partial);
    } else if (message.what === "error") {
      warn(thrown(message.error));
    } else if (message.what === "verdict") {
      if (message.verdict.error !== "") failure = thrown(JSON.parse(message.verdict.error));
      decide(message.verdict);
      if (message.whole) job!.free();
      else void job!.end(new RelierError("RL_HARD_TIMEOUT", `Task "${id}" is over`));
    } else {
      const { call } = message;
      const work = message.what === "beat"
        ? host.beatOnce(live)
        : host.saveStep(claim, message.name, message.value);
      work.then(
        () => job?.post({ do: "answer", call }),
        (error) => job?.post({ do: "answer", call, error: told(error) }),
      );
    }
  };

  function start(): void {
    if (hardTimeoutMs === undefined) return;
    const error = new RelierError(
      "RL_HARD_TIMEOUT",
      `Task "${id}" was stopped after ${hardTimeoutMs} ms`,
    );
    timers.push(setTimeout(() => {
      watch?.timeout("hard", hardTimeoutMs);
      failure = error;
      end(error, failed(definition, claim.failures, error, warn));
    }, hardTimeoutMs));
  }

  try {
    job = host.isolates!.run(definition, claim, hear, { start, crash: fail });
  } catch (error) {
    failure = error;
    decide(buried("isolate", error));
  }
  return Object.assign(live, { workspace, returned: job?.over ?? Promise.resolve() });
}
