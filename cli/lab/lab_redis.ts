/**
 * The Redis of an experiment: one that can be restarted if the lab started it, and
 * raw commands that no client of a task would send.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { type FoundRedis, ownRedis } from "../processes/find_redis.ts";
import type { ServerCommand, ServerMessage } from "../processes/redis_server.ts";

/** A Redis to break. */
export interface LabRedis {
  readonly url: string;
  /** Its address and kind, to be shown. */
  readonly about: string;
  /** Sends one command; resolves to the raw reply. */
  send(...command: string[]): Promise<string>;
  /** The id of this run of the server. */
  run(): Promise<string>;
  /** Kills the server with SIGKILL and starts it again on its append-only file. */
  restart(): Promise<void>;
  close(prefix?: string): Promise<void>;
}

/** Starts a server with an append-only file. */
export async function startLabRedis(): Promise<LabRedis> {
  return labRedis(await ownRedis({ aof: true }));
}

/** A Redis that was found, as the lab uses it. */
export function labRedis(redis: FoundRedis): LabRedis {
  const { url, about, server } = redis;
  return {
    url,
    about,
    send: (...command) => sendCommand(url, command),
    run: async () => /run_id:(\w+)/.exec(await sendCommand(url, ["INFO", "server"]))![1]!,
    async restart() {
      const answer = once(server!, "message") as Promise<[ServerMessage]>;
      server!.send({ do: "restart" } satisfies ServerCommand);
      const [{ failure }] = await answer;
      if (failure) throw new Error(`Redis did not start again: ${failure}`);
    },
    close: (prefix = "") => redis.close(prefix),
  };
}

/** Sends one command over a connection of its own; resolves to the raw reply. */
export async function sendCommand(url: string, command: readonly string[]): Promise<string> {
  const { hostname, port, username, password } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding("utf8").setTimeout(15_000, () => socket.destroy(new Error("no answer")));
  const ask = async (...parts: readonly string[]): Promise<string> => {
    socket.write(encoded(parts));
    const [text] = await once(socket, "data") as [string];
    if (text.startsWith("-")) throw new Error(`Redis refused ${parts[0]}: ${text.slice(1).trim()}`);
    return text.trim();
  };
  try {
    await once(socket, "connect");
    const login = [username, password].filter(Boolean).map(decodeURIComponent);
    if (login.length > 0) await ask("AUTH", ...login);
    return await ask(...command);
  } finally {
    socket.destroy();
  }
}

/** A command in the protocol of Redis. */
function encoded(command: readonly string[]): string {
  const parts = command.map((part) => `$${new TextEncoder().encode(part).length}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join("")}`;
}
