/**
 * A Redis inside this process: js-redis-server, with genuine Lua 5.1. The only
 * file that knows that package, loaded when the first call needs it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import type { RedisValue } from "js-redis-server/core";
import type { Reply } from "../../core/port.ts";
import { type Clock, realClock } from "./clock.ts";

/** An engine, with its own data. */
export interface Engine {
  /** Makes a connection without a socket. */
  connect(): Session;
  /** Subscribes; returns a function that unsubscribes. */
  subscribe(channel: string, onMessage: (message: string) => void): () => void;
  /** Listens on TCP for clients of this machine. */
  serve(): Promise<Door>;
}

/** A TCP listener. */
export interface Door {
  readonly url: string;
  /** Stops listening, and closes the connections of its clients. */
  close(): Promise<void>;
}

/** One connection. */
export interface Session {
  /** Sends a command. Rejects with the error of Redis; its code is the first word. */
  send(command: string, args: readonly string[]): Promise<Reply>;
  /** Closes the connection: a blocking command rejects. */
  close(): void;
}

/** The version that the engine emulates; the scripts need no newer one. */
const compatibility = "redis-7.0";

/** Opens an engine that uses `clock`. */
export async function openEngine(clock: Clock): Promise<Engine> {
  // The build puts the package beside this file, in a bundle.
  const core = await import("js-redis-server/core");
  // The expiry timer would keep the process alive; the scripts set no expiring keys.
  const server = new core.RedisServerState({ compatibility, activeExpiryIntervalMs: false });
  const policies = [evictionOf(core), ...clock === realClock ? [] : [timeOf(core, clock)]];
  const executor = core.createRedisCommandExecutor({ compatibility, policies });
  return {
    connect() {
      const session = new core.ClientSession({ server, executor });
      return {
        async send(command, args) {
          // A call that never leaves the process would starve the timers.
          await new Promise((resolve) => setImmediate(resolve));
          const result = await session.execute(command, args.map((arg) => Buffer.from(arg)));
          if (!("value" in result)) throw new Error(`${command} answers with a stream`);
          return replyOf(result.value);
        },
        close: () => session.close(),
      };
    },
    subscribe: (channel, onMessage) =>
      server.pubsubBroker.subscribe(
        Buffer.from(channel),
        ({ message }) => onMessage(message.toString()),
      ),
    async serve() {
      const door = new core.Resp2Server({ server, executor }).server;
      const sockets = new Set<Socket>();
      door.on("connection", (socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
      });
      // The server's own `listen` would accept the whole network.
      await new Promise<void>((resolve, reject) => {
        door.once("error", reject);
        door.listen(0, "127.0.0.1", resolve);
      });
      return {
        url: `redis://127.0.0.1:${(door.address() as { port: number }).port}`,
        async close() {
          const closing = new Promise((resolve) => door.close(resolve));
          for (const socket of sockets) socket.destroy();
          await closing;
        },
      };
    },
  };
}

type Core = typeof import("js-redis-server/core");
type Policy = ReturnType<Core["createAuthPolicy"]>;

/** Adds to INFO that the engine evicts no key: a worker reports a Redis that does not say so. */
function evictionOf({ RedisResult, RedisValue }: Core): Policy {
  return {
    name: "eviction",
    afterExecute({ definition }, _context, result) {
      const { value } = result;
      if (definition.name !== "info" || value.kind !== "bulk-string") return result;
      const text = `${value.value}`.replace("# Memory", "$&\r\nmaxmemory_policy:noeviction");
      return RedisResult.create(RedisValue.bulkString(Buffer.from(text)));
    },
  };
}

/** Answers TIME, also for scripts, which use no other clock. */
function timeOf({ RedisResult, RedisValue }: Core, clock: Clock): Policy {
  const text = (number: number) => RedisValue.bulkString(Buffer.from(String(Math.floor(number))));
  return {
    name: "clock",
    beforeExecute({ definition }) {
      if (definition.name !== "time") return;
      const now = clock.now();
      return RedisResult.create(RedisValue.array([text(now / 1000), text((now % 1000) * 1000)]));
    },
  };
}

/** Converts a reply as a client would. @throws the error that Redis answered. */
function replyOf(value: RedisValue): Reply {
  switch (value.kind) {
    case "simple-string":
      return value.value;
    case "bulk-string":
      return value.value && value.value.toString();
    case "integer":
      return Number(value.value);
    case "array":
      return value.items.map(replyOf);
    case "null":
    case "null-array":
      return null;
    case "error":
      throw new Error(`${value.code ?? "ERR"} ${value.message}`);
    default:
      throw new Error(`the engine answered with a ${value.kind}`);
  }
}
