/**
 * A connection that is used until it breaks and is then replaced. Clients
 * differ most in their handling of commands when a connection is lost: they resend
 * them, drop them or never settle them. None of that is used here: each client
 * connection lives once, and `script_runner.ts` decides what is sent again.
 *
 * @module
 */

import { explain, isAnswer, reasonOf, Unanswered } from "./redis_failure.ts";
import { now } from "./deadline.ts";

/** The operations this package needs of a client's connection. */
export interface Connection {
  /** Sends a command; rejects with Redis's error, or with anything if the connection broke. */
  send(command: string, args: string[]): Promise<unknown>;
  /** Closes at once. */
  close(): void;
  /** The last error it reported, for clients whose commands reject without it. */
  readonly error?: unknown;
}

/** The events a client's connection reports. */
export interface Events {
  /** The connection accepts commands; before this event, none has left this process. */
  onReady(): void;
  /** The connection is lost for good. Waiting calls reject with Redis's answer (`WRONGPASS`), if any. */
  onBroken(error: unknown): void;
  /** A message arrived for a subscription. */
  onMessage(channel: string, message: string): void;
}

/** One connection: it keeps the order of commands, and is used until it breaks. */
export interface Wire {
  /** True once the connection is lost. */
  readonly broken: boolean;
  /** True once Redis has answered anything on it. */
  readonly answered: boolean;
  /** Why it is lost; undefined while it is not. */
  readonly trouble: string | undefined;
  /**
   * Sends one command, in the same turn. Rejects with Redis's error or, after
   * at most `limitMs` milliseconds, with `Unanswered`.
   */
  send(command: string, args: string[], limitMs: number): Promise<unknown>;
  /** Closes; every outstanding command rejects now. */
  close(): void;
}

/** The events the owner of a wire may handle. */
export interface WireEvents {
  /** The wire broke or was closed. Called once. */
  readonly onBroken?: (wire: Wire) => void;
  /** A message arrived. */
  readonly onMessage?: (wire: Wire, channel: string, message: string) => void;
}

/** Opens a connection, at once or in the background. */
export type Connect = (events: Events) => Connection;

/** The silence, with calls outstanding, after which a server counts as dead and not as slow. */
const silenceMs = 1_000;

interface Call {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** The time the call is given up, on the clock of `now()`. */
  due: number;
}

/** The outstanding calls of one wire, and their deadlines. */
interface Calls {
  /** Adds a call that rejects after `limitMs`. */
  add(call: Omit<Call, "due">, limitMs: number): Call;
  /** Removes `call`; false if it was given up before. */
  remove(call: Call): boolean;
  /** Notes that Redis has answered. */
  heard(): void;
  /** Rejects every call, and stops the timer. */
  rejectAll(error: unknown): void;
}

/** Makes the calls of a wire; `onSilent` is called when the server no longer answers at all. */
function createCalls(timedOut: () => Unanswered, onSilent: () => void): Calls {
  const pending = new Set<Call>();
  /** The time of the last answer, or of the first call since all were answered. */
  let quietSince = now();
  /** True while the answer to a call that was given up is outstanding. */
  let late = false;
  // One timer for all calls: one timer per call would cost more than the rest of this file.
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerDue = Infinity;

  function arm(due: number): void {
    if (due >= timerDue) return;
    clearTimeout(timer);
    timerDue = due;
    timer = setTimeout(expire, Math.max(1, due - now()));
  }

  function expire(): void {
    const time = now();
    // While the event loop was blocked, answers may have arrived unread.
    if (time - timerDue > silenceMs) {
      quietSince = time;
      for (const call of pending) call.due = Math.max(call.due, time + silenceMs);
    }
    let next = Infinity;
    timerDue = Infinity;
    for (const call of pending) {
      if (call.due > time) {
        next = Math.min(next, call.due);
        continue;
      }
      pending.delete(call);
      late = true;
      call.reject(timedOut());
    }
    // Answers come in order. After this silence none will come: the host is
    // gone without closing, and only a new connection helps.
    if (late && time - quietSince >= silenceMs) onSilent();
    else if (next < Infinity) arm(next);
  }

  return {
    add({ resolve, reject }, limitMs) {
      const time = now();
      if (pending.size === 0 && !late) quietSince = time;
      const call: Call = { resolve, reject, due: time + limitMs };
      pending.add(call);
      arm(call.due);
      return call;
    },
    remove: (call) => pending.delete(call),
    heard() {
      quietSince = now();
      late = false;
    },
    rejectAll(error) {
      clearTimeout(timer);
      for (const call of pending) call.reject(error);
      pending.clear();
    },
  };
}

/** Makes a wire. */
export function openWire(connect: Connect, events: WireEvents = {}): Wire {
  let ready = false;
  let answered = false;
  let broken: unknown;
  const timedOut = () => {
    const { error } = connection;
    return new Unanswered(ready, ready || error === undefined ? "ETIMEDOUT" : reasonOf(error));
  };
  const calls = createCalls(timedOut, () => end(timedOut()));

  const connection = connect({
    onReady: () => ready = true,
    onBroken: (error) => end(isAnswer(error) ? error : new Unanswered(ready, reasonOf(error))),
    onMessage: (channel, message) => events.onMessage?.(wire, channel, message),
  });

  function end(error: unknown): void {
    if (broken !== undefined) return;
    broken = error;
    calls.rejectAll(error);
    connection.close();
    events.onBroken?.(wire);
  }

  function heard(): void {
    calls.heard();
    answered = true;
  }

  const wire: Wire = {
    get broken() {
      return broken !== undefined;
    },
    get answered() {
      return answered;
    },
    get trouble() {
      return broken === undefined ? undefined : explain(broken).text;
    },
    send(command, args, limitMs) {
      if (broken !== undefined) {
        return Promise.reject(isAnswer(broken) ? broken : new Unanswered(false, reasonOf(broken)));
      }
      return new Promise((resolve, reject) => {
        const call = calls.add({ resolve, reject }, limitMs);
        connection.send(command, args).then((reply) => {
          heard();
          if (calls.remove(call)) resolve(reply);
        }, (error: unknown) => {
          const isReply = isAnswer(error);
          if (isReply) heard();
          if (!calls.remove(call)) return;
          const known = isReply || error instanceof Unanswered;
          reject(known ? error : new Unanswered(ready, reasonOf(connection.error ?? error)));
        });
      });
    },
    close: () => end(new Unanswered(ready, "the connection was closed")),
  };
  return wire;
}
