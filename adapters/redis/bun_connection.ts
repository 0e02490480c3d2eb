/**
 * Connections of Bun's own client, each used until it breaks. Its reaction to a
 * lost connection depends on options that a duplicate inherits from the
 * caller's client, so this module closes a connection that Bun has revived.
 *
 * @module
 */

import { isAnswer, servesNobody, Unanswered } from "./redis_failure.ts";
import type { Purpose, Topology } from "./topology.ts";
import type { Connect, Connection, Events } from "./connection.ts";

/** The part of a `Bun.RedisClient` this adapter uses, of Bun 1.3 or later. */
export interface BunClient {
  /** True while it has a connection. */
  readonly connected: boolean;
  /** Called when it is connected. */
  onconnect: (() => void) | null;
  /** Called when its connection is lost for good. */
  onclose: ((error: Error) => void) | null;
  /** Connects, unless it is connected. */
  connect(): Promise<unknown>;
  /** Sends a command. */
  send(command: string, args: string[]): Promise<unknown>;
  /** Adds `listener` to the listeners of a channel. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Removes all listeners of a channel. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Makes another client with the same options. */
  duplicate(): Promise<BunClient>;
  /** Closes the connection for good. */
  close(): void;
}

/** The milliseconds between checks for a connection that Bun revived without an event. */
const lookMs = 100;

/** The message for a redirection, which this adapter cannot follow. */
const astray =
  "this Redis is a cluster, which Bun's own client cannot use: pass ioredis(cluster) of @relier/core/ioredis";

/** Makes the topology of one server; `open` makes clients, which `revives` says reconnect by themselves. */
export function server(open: () => BunClient | Promise<BunClient>, revives: boolean): Topology {
  return {
    sharded: false,
    astray,
    slot: () => 0,
    node: () => "",
    connect: (_node, purpose) => adapt(open, purpose, revives),
    refresh: () => {},
    unref: () => {},
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
        // A revived connection: the commands on the first one were lost with it.
        if (send !== undefined) events.onBroken(undefined);
      };
      let lost = false;
      client.onclose = (error) => {
        lost = true;
        // An answer that ended the connection is reported first, as it has the reason.
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
        // This timer alone must not keep the process alive.
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
 * Connects the client and sets its name. It sends a command, because a waiting
 * command rejects with the reason (`WRONGPASS`), and `connect()` does not.
 */
async function introduce(client: BunClient, name: string, lost: () => boolean): Promise<void> {
  const tell = () => client.send("CLIENT", ["SETNAME", name]);
  try {
    await tell();
  } catch (error) {
    if (isAnswer(error) && servesNobody(error)) throw error;
    if (client.connected) return; // Naming may be forbidden, which does no harm.
    if (isAnswer(error) || lost()) throw error;
    // Its offline queue is disabled, so that no command can wait for the connection.
    await client.connect();
    await tell().catch(() => {});
  }
}

/** Makes the `send` of an open connection. */
function sender(client: BunClient, { onMessage }: Events): Connection["send"] {
  /** The active listener of each channel; Bun also keeps those of refused subscriptions. */
  const hearing = new Map<string, (message: string) => void>();
  let last: Promise<unknown> = Promise.resolve();

  /** Runs one at a time: Bun refuses to unsubscribe before a subscription is confirmed. */
  function inTurn(work: () => Promise<unknown>): Promise<unknown> {
    return last = last.then(work, work);
  }

  async function subscribe(channel: string): Promise<unknown> {
    // A second listener would get every message twice. Any answer proves that the first one works.
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

/** Converts maps to lists of pairs: Bun uses RESP3, and ports return RESP2 shapes. */
function inPairs(reply: unknown): unknown {
  return Array.isArray(reply) ? reply : Object.entries(reply as object).flat();
}
