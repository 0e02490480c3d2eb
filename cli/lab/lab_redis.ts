/**
 * The Redis of an experiment: a server of its own that may be killed, and raw
 * commands, for what no client of a task would ever say.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { ownRedis } from "../processes/find_redis.ts";
import type { ServerCommand, ServerMessage } from "../processes/redis_server.ts";

/** A Redis to break. */
export interface ChaosRedis {
  readonly url: string;
  /** What it is, for people. */
  readonly about: string;
  /** Sends one command; resolves to its answer as it is. */
  send(...command: string[]): Promise<string>;
  /** The id of this run of the server. */
  run(): Promise<string>;
  /** SIGKILL, and started again on what its disk has. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server with an append-only file. */
export async function startChaosRedis(): Promise<ChaosRedis> {
  const redis = await ownRedis({ aof: true });
  const { server } = redis;
  return {
    url: redis.url,
    about: redis.about,
    send: (...command) => send(redis.url, command),
    run: async () => /run_id:(\w+)/.exec(await send(redis.url, ["INFO", "server"]))![1]!,
    async restart() {
      const answer = once(server!, "message") as Promise<[ServerMessage]>;
      server!.send({ do: "restart" } satisfies ServerCommand);
      const [{ failure }] = await answer;
      if (failure) throw new Error(`Redis did not start again: ${failure}`);
    },
    close: () => redis.close(""),
  };
}

/** Sends one command over a connection of its own. */
async function send(url: string, command: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding("utf8").setTimeout(15_000, () => socket.destroy(new Error("no answer")));
  const parts = command.map((part) => `$${new TextEncoder().encode(part).length}\r\n${part}\r\n`);
  try {
    await once(socket, "connect");
    socket.write(`*${command.length}\r\n${parts.join("")}`);
    const [text] = await once(socket, "data") as [string];
    if (text.startsWith("-")) {
      throw new Error(`Redis refused ${command[0]}: ${text.slice(1).trim()}`);
    }
    return text.trim();
  } finally {
    socket.destroy();
  }
}
