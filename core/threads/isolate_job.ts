/**
 * One attempt in an isolate: opens it if needed, hands it the claim, and passes on
 * its messages until it is free again or gone.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import {
  type AttemptMessage,
  decodeError,
  encodeError,
  type FromIsolate,
  type Isolate,
  type ToIsolate,
} from "./isolate_messages.ts";

/** One attempt in an isolate, to be steered. */
export interface IsolateJob {
  post(message: ToIsolate): void;
  /** Asks the handler to stop, and kills it soon after; resolves when it is gone. */
  end(error: RelierError): Promise<void>;
  /** Nothing of the attempt goes on: the isolate is free again. */
  free(): void;
  /** Resolves when the isolate is free or gone. */
  readonly over: Promise<void>;
}

/** The user of an isolate, and the receiver of its events. */
export interface JobRequest {
  /** The isolate is open: `post` sends it the attempt. */
  start(post: IsolateJob["post"]): void;
  /** The isolate cannot open: nothing of the attempt began. */
  absent(error: RelierError): void;
  /** The isolate ended while it was in use. */
  crash(error: RelierError): void;
  message(message: AttemptMessage): void;
}

/** An isolate of a pool. */
export interface PooledIsolate {
  /** Kind and modules: an attempt that needs the same ones can use it. */
  readonly key: string;
  readonly isolate: Isolate;
  /** True if its modules are loaded. */
  open: boolean;
  idle: boolean;
  onMessage(message: FromIsolate): void;
  onGone(why: string): void;
}

/** The time in which a handler may clean up once its signal is aborted. */
const killGraceMs = 250;
/** The time in which the modules of an isolate have to load. */
const openMs = 30_000;
const fix = "an isolate imports the modules itself: it needs the same files, environment and flags";

/** Runs `request` in `pooled`; `subject` names the isolate in errors. */
export function startJob(
  pooled: PooledIsolate,
  request: JobRequest,
  subject: string,
): IsolateJob {
  const { isolate } = pooled;
  let resolve!: () => void;
  const over = new Promise<void>((settle) => resolve = settle);
  let opening: ReturnType<typeof setTimeout> | undefined;

  function begin(): void {
    clearTimeout(opening);
    request.start((message) => isolate.post(message));
  }

  function fail(why: string, cause?: unknown): void {
    clearTimeout(opening);
    const error = new RelierError("RL_ISOLATE", `${subject} ${why}`, { cause, hint: fix });
    if (pooled.open) request.crash(error);
    else request.absent(error);
  }

  function kill(why: string, cause?: unknown): void {
    fail(why, cause);
    isolate.kill();
  }

  pooled.idle = false;
  pooled.onGone = (why) => {
    fail(why);
    resolve();
  };
  pooled.onMessage = (message) => {
    if (message.what === "open") {
      pooled.open = true;
      begin();
    } else if (message.what === "broken") {
      const { error } = message;
      kill(`cannot load its module: ${error.message}`, decodeError(error));
    } else if (message.what !== "closed") request.message(message);
  };
  if (pooled.open) begin();
  else {
    const late = `has not loaded its module within ${openMs} ms`;
    opening = setTimeout(() => kill(late), openMs);
  }
  return {
    post: (message) => isolate.post(message),
    over,
    free() {
      pooled.idle = true;
      resolve();
    },
    end(error) {
      pooled.onMessage = () => {};
      isolate.post({ do: "abort", error: encodeError(error) });
      setTimeout(() => isolate.kill(), killGraceMs);
      return over;
    },
  };
}
