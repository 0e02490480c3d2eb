/**
 * The adapter for a Redis inside this process, for tests and experiments: the
 * same scripts on an engine in JavaScript, on Node.js, Bun and Deno.
 * All data ends with the process, so it is not for production.
 *
 * @example
 * ```ts
 * import { createRelier, createWorker, rlTask } from "@relier/core";
 * import { memory } from "@relier/core/memory";
 *
 * const greet = rlTask("greet", (name: string) => `hello ${name}`);
 * await using rl = createRelier({ redis: memory() });
 * await using worker = createWorker(rl);
 * await worker.start();
 * console.log(await greet.call("world"));
 * ```
 *
 * @module
 */

import { defaultTimeoutMs } from "../core/defaults.ts";
import { RedisError, type RedisPort } from "../core/port.ts";
import { type Clock, realClock, type VirtualClock, virtualClock } from "./memory/clock.ts";
import { type Door, type Engine, openEngine, type Session } from "./memory/engine.ts";
import { explain, refused } from "./redis/redis_failure.ts";
import { detached } from "./redis/subscriptions.ts";
import { scriptRunner } from "./redis/script_runner.ts";
import { openStop, type Stop } from "./redis/deadline.ts";

/** Options of {@linkcode memory}. */
export interface MemoryOptions {
  /**
   * The clock of Redis: `"real"` by default; a `"virtual"` one stands still
   * until {@linkcode MemoryPort.advance} moves it. Timers of the process, such
   * as those of a worker that was started, are always real.
   */
  readonly clock?: "real" | "virtual";
}

/** A port to a Redis inside this process. Several clients and workers may use it. */
export interface MemoryPort extends RedisPort {
  /**
   * Moves a virtual clock by `ms` milliseconds, and returns its new time, in
   * milliseconds since 1970. Waits that are due end; the next call to Redis sees
   * expired leases and delays.
   *
   * @throws {TypeError} If the clock is real.
   * @throws {RangeError} If `ms` is negative or not finite.
   */
  advance(ms: number): number;
  /** Makes another port to the same data, with its own connections, that is closed separately. */
  share(): MemoryPort;
  /**
   * Serves the same data to clients of this machine, over TCP, until this port
   * is closed; resolves to the URL, always the same one.
   */
  serve(): Promise<string>;
}

interface Channel {
  readonly handlers: Set<{ readonly onMessage: (message: string) => void }>;
  leave(): void;
}

/**
 * Makes a port to a new Redis in memory. Its data is gone once no port to it is
 * left. The engine is loaded at the first call.
 *
 * @throws {TypeError} If an option is invalid.
 */
export function memory(options: MemoryOptions = {}): MemoryPort {
  const clock = clockOf(options);
  let engine: Promise<Engine> | undefined;
  return portTo(() => engine ??= openEngine(clock), clock);
}

function portTo(open: () => Promise<Engine>, clock: Clock | VirtualClock): MemoryPort {
  const closing = openStop();
  const channels = new Map<string, Channel>();
  let commands: Promise<Session> | undefined;
  let door: Promise<Door> | undefined;

  const connect = () => open().then((engine) => sessionOf(engine, closing));

  /** Subscribes once for all handlers: Redis counts a connection once per channel. */
  function subscribe(engine: Engine, name: string): Channel {
    const handlers: Channel["handlers"] = new Set();
    const unsubscribe = engine.subscribe(name, (message) => {
      for (const { onMessage } of [...handlers]) detached(() => onMessage(message));
    });
    const forget = closing.onStop(unsubscribe);
    const leave = () => {
      forget();
      unsubscribe();
      channels.delete(name);
    };
    const channel = { handlers, leave };
    channels.set(name, channel);
    return channel;
  }

  return {
    run: scriptRunner(async ({ command, args, confirm, name }) => {
      if (confirm) throw unconfirmed(name);
      const session = await (commands ??= connect());
      return await session.send(command, args);
    }, { timeoutMs: defaultTimeoutMs, closing }),

    async wait(bells, ms, signal) {
      refuseClosed("wait");
      if (signal?.aborted || !(ms > 0)) return;
      return blockingWait(await connect(), bells, ms, signal, clock, () => refuseClosed("wait"));
    },

    async listen(name, onMessage) {
      refuseClosed("listen");
      const engine = await open();
      refuseClosed("listen");
      const channel = channels.get(name) ?? subscribe(engine, name);
      const handler = { onMessage };
      channel.handlers.add(handler);
      return () => {
        if (channel.handlers.delete(handler) && channel.handlers.size === 0) channel.leave();
      };
    },

    get closed() {
      return closing.stopped;
    },
    async close() {
      closing.stop();
      await (await door?.catch(() => undefined))?.close();
    },

    advance: (ms) => advanceBy(clock, ms),

    share: () => portTo(open, clock),

    async serve() {
      refuseClosed("serve");
      return (await (door ??= open().then((engine) => engine.serve()))).url;
    },
  };

  function refuseClosed(what: string): void {
    if (closing.stopped) throw new RedisError(`Cannot ${what}: the port is closed`, "unknown");
  }
}

function advanceBy(clock: Clock | VirtualClock, ms: number): number {
  if (!("advance" in clock)) {
    throw new TypeError('Cannot advance a real clock: open memory({ clock: "virtual" })');
  }
  if (!(ms >= 0 && ms < Infinity)) {
    throw new RangeError(`Cannot advance by ${ms} ms: it must be a finite number, 0 or more`);
  }
  return clock.advance(ms);
}

/** Opens a session, which ends with its port. */
function sessionOf(engine: Engine, closing: Stop): Session {
  const { send, close } = engine.connect();
  if (closing.stopped) close();
  const forget = closing.onStop(close);
  return {
    send,
    close() {
      forget();
      close();
    },
  };
}

/** Waits until a bell rings, `ms` have passed or `signal` aborts; then closes `session`. */
async function blockingWait(
  session: Session,
  bells: readonly string[],
  ms: number,
  signal: AbortSignal | undefined,
  clock: Clock,
  refuseClosed: () => void,
): Promise<string | void> {
  let over = false;
  const end = () => {
    over = true;
    session.close();
  };
  signal?.addEventListener("abort", end, { once: true });
  const forget = clock.after(ms, end);
  try {
    if (signal?.aborted) return;
    const answer = await session.send("BLPOP", [...bells, "0"]);
    return Array.isArray(answer) ? String(answer[0]) : undefined;
  } catch (error) {
    refuseClosed();
    if (!over) {
      throw refused("Cannot wait", explain(error, bells));
    }
  } finally {
    forget();
    signal?.removeEventListener("abort", end);
    session.close();
  }
}

function clockOf(options: MemoryOptions): Clock | VirtualClock {
  const { clock = "real" } = options;
  if (clock !== "real" && clock !== "virtual") {
    throw new TypeError('Cannot use option "clock": it must be "real" or "virtual"');
  }
  return clock === "real" ? realClock : virtualClock();
}

function unconfirmed(name: string): RedisError {
  return new RedisError(
    `Cannot run "${name}": a Redis in memory has no disk and no replicas; push with durability "memory"`,
    "unsupported",
  );
}
