/**
 * A server with scripted replies: any error of Redis at any moment, or invalid bytes.
 *
 * @module
 */

import { createServer, type Socket } from "node:net";

/**
 * Answers one command with raw bytes of the protocol; undefined sends no reply, null
 * disconnects.
 */
export type Answer = (command: readonly string[]) => string | undefined | null;

/** A running stub. */
export interface Stub {
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** The received scripts, as `EVALSHA` or `EVAL`, in order. */
  readonly calls: readonly string[];
  /** The number of connections so far. */
  readonly connections: number;
  /** Closes all connections and stops. */
  close(): Promise<void>;
}

/** Starts a stub. Commands that clients send on their own get `+OK`. */
export async function startStub(answer: Answer): Promise<Stub> {
  const sockets = new Set<Socket>();
  const calls: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let unread = "";
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      unread += new TextDecoder().decode(chunk);
      for (;;) {
        const read = readCommand(unread);
        if (read === undefined) return;
        unread = unread.slice(read.length);
        const word = read.command[0]!.toUpperCase();
        if (word === "EVAL" || word === "EVALSHA") calls.push(word);
        const own = word === "CLIENT" || word === "HELLO";
        const reply = own ? "+OK\r\n" : answer(read.command);
        if (reply === null) return void socket.destroy();
        if (reply !== undefined) socket.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `redis://127.0.0.1:${typeof address === "object" ? address!.port : 0}`,
    calls,
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Reads one complete command off the front of `text`, which is ASCII. */
function readCommand(text: string): { command: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  const command: string[] = [];
  let at = head[0].length;
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (size === null) return undefined;
    const from = at + size[0].length;
    at = from + Number(size[1]) + 2;
    if (text.length < at) return undefined;
    command.push(text.slice(from, at - 2));
  }
  return { command, length: at };
}
