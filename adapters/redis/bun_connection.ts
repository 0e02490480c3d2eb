/**
 * The use made of Bun's own client: connections that live once. What it does
 * when one is lost depends on options that a duplicate takes over from the
 * caller's client, so a connection that Bun has revived is hung up.
 *
 * @module
 */

import { isAnswer, Unanswered } from "./redis_failure.ts";
import type { Purpose, Topology } from "./topology.ts";
import type { Connect, Connection, Events } from "./connection.ts";

/** The part of a `Bun.RedisClient` this adapter uses, of Bun 1.3 or later. */
export interface BunClient {
  /** Whether it has a connection now. */
  readonly connected: boolean;
  /** Called when it has one. */
  onconnect: (() => void) | null;
  /** Called when it will have none any more. */
  onclose: ((error: Error) => void) | null;
  /** Connects, if it has not. */
  connect(): Promise<unknown>;
  /** Sends a command. */
  send(command: string, args: string[]): Promise<unknown>;
  /** Has `listener` hear a channel, besides those that hear it already. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Lets nobody hear a channel any more. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Makes another client with the same options. */
  duplicate(): Promise<BunClient>;
  /** Hangs up for good. */
  close(): void;
}

/** Milliseconds between looks at whether a connection is there that Bun revives without a word. */
const lookMs = 100;

/** What nobody can follow here. */
const astray =
  "this Redis is a cluster, which Bun's own client cannot use: pass ioredis(cluster) of @relier/core/ioredis";

/** One server, reached by the clients `open` makes; `revives` if they reconnect by themselves. */
export function server(open: () => BunClient | Promise<BunClient>, revives: boolean): Topology {
  return {
    sharded: false,
    astray,
    slot: () => 0,
    node: () => "",
    connect: (_node, purpose) => adapt(open, purpose, revives),
    refresh: () => {},
    close: () => {},
  };
}

/** Adapts one client to what a wire needs. */
function adapt(
  open: () => BunClient | Promise<BunClient>,
  purpose: Purpose,
  revives: boolean,
): Connect {
  return (events) => {
    let client: BunClient | undefined;
    let send: Connection["send"] | undefined;
    let looking: ReturnType<typeof setInterval> | undefined;
    let over = false;

    async function connected(): Promise<BunClient> {
      client = await open();
      if (over) {
        client.close();
        throw new Unanswered(false, "the connection was closed");
      }
      client.onconnect = () => {
        // Another connection: what was asked of the first one was lost with it.
        if (send !== undefined) events.onBroken(undefined);
      };
      let lost = false;
      client.onclose = (error) => {
        lost = true;
        // An answer that ended it is told first, as it says why.
        opening.then(() => events.onBroken(error), () => {});
      };
      await introduce(client, `relier:${purpose}`, () => lost);
      return client;
    }

    const opening = connected();
    opening.then((opened) => {
      send = sender(opened, events);
      if (over) return;
      events.onReady();
      if (revives) {
        looking = setInterval(() => opened.connected || events.onBroken(undefined), lookMs);
        // It alone is no reason for a process to go on.
        (looking as { unref?(): void }).unref?.();
      }
    }, events.onBroken);

    return {
      send: (command, args) =>
        send !== undefined ? send(command, args) : opening.then(() => send!(command, args)),
      close() {
        over = true;
        clearInterval(looking);
        client?.close();
      },
    };
  };
}

/**
 * Has the client connect and tell its name. A command, because Bun tells those
 * it kept waiting why it was turned away (`WRONGPASS`), and `connect()` not.
 */
async function introduce(client: BunClient, name: string, lost: () => boolean): Promise<void> {
  const tell = () => client.send("CLIENT", ["SETNAME", name]);
  try {
    await tell();
  } catch (error) {
    if (client.connected) return; // It may not be named, which is no harm.
    if (isAnswer(error) || lost()) throw error;
    // Its queue is switched off, so that no command can wait for the connection.
    await client.connect();
    await tell().catch(() => {});
  }
}

/** Makes the `send` of a connection that stands. */
function sender(client: BunClient, { onMessage }: Events): Connection["send"] {
  /** The listener of each channel that hears; Bun keeps those of a refused subscription. */
  const hearing = new Map<string, (message: string) => void>();
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: Bun refuses to unsubscribe before a subscription is confirmed. */
  function inTurn(work: () => Promise<unknown>): Promise<unknown> {
    return last = last.then(work, work);
  }

  async function subscribe(channel: string): Promise<unknown> {
    // A second listener would hear everything, too. Any answer proves that the first one does.
    if (hearing.has(channel)) return await client.send("PING", []);
    const listener = (message: string) => {
      if (hearing.get(channel) === listener) onMessage(channel, message);
    };
    hearing.set(channel, listener);
    try {
      return await client.subscribe(channel, listener);
    } catch (error) {
      hearing.delete(channel);
      throw error;
    }
  }

  async function unsubscribe(channel: string): Promise<unknown> {
    if (hearing.delete(channel)) await client.unsubscribe(channel);
    return undefined;
  }

  return (command, args) => {
    if (!client.connected) return Promise.reject(new Unanswered(false, "the connection broke"));
    if (command === "subscribe") return inTurn(() => subscribe(args[0]!));
    if (command === "unsubscribe") return inTurn(() => unsubscribe(args[0]!));
    const reply = client.send(command, args);
    return command === "CONFIG" ? reply.then(inPairs) : reply;
  };
}

/** What is a list of pairs in RESP2 is a map in RESP3, which Bun speaks. */
function inPairs(reply: unknown): unknown {
  return Array.isArray(reply) ? reply : Object.entries(reply as object).flat();
}
