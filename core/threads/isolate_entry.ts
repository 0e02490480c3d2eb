/**
 * The inside of an isolate: a thread or a process that runs one attempt at a
 * time for a worker, by the same code as the worker itself. What an attempt asks
 * of its worker goes out as a message, and comes back as one.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { farewellMs } from "../defaults.ts";
import type { RelierError } from "../base/errors.ts";
import { type FromIsolate, thrown, type ToIsolate, told } from "./isolate_messages.ts";
import type { AttemptHost, Live } from "../execution/running_attempt.ts";
import type { News } from "../execution/running_attempt.ts";
import { startAttempt } from "../execution/start_attempt.ts";
import { sleep } from "../base/timers.ts";
import type { RedisPort } from "../port.ts";
import { createRelier, insideOf, type Relier } from "../client/create_relier.ts";
import { definitionNamed } from "../task/task.ts";
import { observing } from "../telemetry/load_observer.ts";

let inside = false;

/** Whether this thread or process is an isolate. */
export function isIsolate(): boolean {
  return inside;
}

const newsEveryMs = 250;
/** A handler that never lets go of the event loop is heard through its own calls. */
const newsAtMostMs = 100;

/** Makes the inside of an isolate; resolves to what has to hear its messages. */
export function createIsolate(
  say: (message: FromIsolate) => void,
  reopen: (origin: unknown) => RedisPort,
  load: (module: string) => Promise<unknown>,
): (message: ToIsolate) => void {
  inside = true;
  const calls = new Map<number, { resolve(): void; reject(error: unknown): void }>();
  let host: AttemptHost;
  let relier: Relier;
  let live: Live | undefined;
  let tellNews = () => {};
  let lastCall = 0;

  function ask(message: { what: "beat" } | { what: "step"; name: string; value: string }) {
    const call = ++lastCall;
    return new Promise<void>((resolve, reject) => {
      calls.set(call, { resolve, reject });
      say({ ...message, call });
    });
  }

  async function open(
    { origin, prefix, workerId, telemetry, modules }: Extract<ToIsolate, { do: "open" }>,
  ): Promise<void> {
    const onDataLoss = () => {}; // The worker notices it, too.
    relier = createRelier({ redis: reopen(origin), prefix, onDataLoss, telemetry });
    const watching = insideOf(relier).telemetry;
    host = {
      workerId,
      relier,
      definitionNamed,
      beatOnce() {
        tellNews();
        return ask({ what: "beat" });
      },
      saveStep: (_claim, name, value) => ask({ what: "step", name, value }),
      join: ({ trace }) => trace === "" ? undefined : observing(watching)?.join(trace),
      onError: (error) => say({ what: "error", error: told(error) }),
    };
    for (const module of modules) await load(module);
    await watching(); // A module may have registered an SDK.
    say({ what: "open" });
  }

  async function close(): Promise<void> {
    await observing(insideOf(relier).telemetry)?.flush();
    say({ what: "closed" });
  }

  async function run(claim: Claim): Promise<void> {
    const over = new AbortController();
    let whole = false;
    live = startAttempt(claim, host);
    tellNews = newsOf(live, (news) => say({ what: "news", news }));
    void keepTelling(over.signal);
    void live.returned.then(() => whole = true);
    const verdict = await live.verdict;
    // What was pushed in the background has to be on its way before this may be killed.
    await relier.flush({ timeout: farewellMs }).catch(() => {});
    over.abort();
    tellNews();
    live = undefined;
    say({ what: "verdict", verdict: verdict!, whole });
  }

  async function keepTelling(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await sleep(newsEveryMs, over);
      tellNews();
    }
  }

  return (message) => {
    if (message.do === "open") {
      open(message).catch((error) => say({ what: "broken", error: told(error) }));
    } else if (message.do === "run") {
      void run(message.claim);
    } else if (message.do === "close") {
      void close();
    } else if (message.do === "cancel") {
      live?.cancel(message.reason);
    } else if (message.do === "abort") {
      live?.workspace?.abort(thrown(message.error) as RelierError);
    } else {
      const call = calls.get(message.call);
      calls.delete(message.call);
      if (message.error) call?.reject(thrown(message.error));
      else call?.resolve();
    }
  };
}

/** Tells news of `live` when there are any; also when its handler only ever assigns and reports. */
function newsOf(live: Live, say: (news: News) => void): () => void {
  const { workspace } = live;
  if (!workspace) return () => {};
  const { context } = workspace;
  const report = context.progress;
  let partial: unknown;
  let toldAt = -Infinity;

  function tell(): void {
    toldAt = performance.now();
    const news = workspace!.news();
    if (news.progress === "" && news.partial === "") return;
    workspace!.saved(news);
    say(news);
  }

  function soon(): void {
    if (performance.now() - toldAt > newsAtMostMs) tell();
  }

  Object.defineProperty(context, "partialResult", {
    get: () => partial,
    set(value) {
      partial = value;
      soon();
    },
  });
  context.progress = (...args) => {
    report(...args);
    soon();
  };
  return tell;
}
