/**
 * Follows the Sentinels of a master. The old master accepts writes until Sentinel demotes it,
 * some ten seconds after the new one took over, and all of them are undone then. So every
 * connection is closed just before a replica is promoted, and none is opened until the new
 * master is announced.
 *
 * @module
 */

import { Unanswered } from "./redis_failure.ts";
import type { Connect, Connection } from "./connection.ts";
import type { IoredisConnection } from "./ioredis_client.ts";

/** The Sentinels of a master, and the connections that follow them. */
export interface SentinelWatch {
  /** Calls `drop` before the master moves, and when it has moved; returns a function that forgets it. */
  follow(drop: () => void): () => void;
  /** Resolves at once, or when the failover under way has ended. */
  settled(): Promise<void>;
  /** The options that lead to the master: the Sentinel that announced it is asked first. */
  address(): { readonly sentinels: readonly Sentinel[] };
  /** Closes the connections to the Sentinels. */
  close(): void;
}

/** The address of a Sentinel. */
interface Sentinel {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** The options of an ioredis client behind Sentinel. */
interface SentinelOptions {
  readonly sentinels?: readonly Sentinel[] | null;
  readonly name?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly sentinelTLS?: object;
  readonly natMap?: unknown;
}

/** Sentinel is about to promote a replica: it says so a tenth of a second before. */
const begins = "+failover-state-send-slaveof-noone";
const ends = "+switch-master";
/** The most milliseconds without connections: a promotion takes one to two seconds, or fails. */
const longestMs = 3_000;
/** The most Sentinels to follow. */
const mostSentinels = 10;

/** Returns true if `client` finds its server by asking Sentinels. */
export function isBehindSentinel(client: IoredisConnection): boolean {
  return Boolean(optionsOf(client).sentinels?.length);
}

function optionsOf(client: IoredisConnection): SentinelOptions {
  return client.options as SentinelOptions;
}

/** Follows the Sentinels of `client`, from the first connection on. */
export function watchSentinels(client: IoredisConnection, timeoutMs: number): SentinelWatch {
  const { name = "", natMap } = optionsOf(client);
  const drops = new Set<() => void>();
  const watched = new Map<string, IoredisConnection>();
  let sentinels = [...optionsOf(client).sentinels!];
  let master: string | undefined;
  const hold = createHold();
  const dropAll = () => {
    for (const drop of [...drops]) drop();
  };

  /** Each Sentinel announces the same master, at its own time: the first of them counts. */
  function moved(to: string, announcer?: Sentinel): void {
    const before = master;
    if (before === to) return;
    master = to;
    if (announcer !== undefined) {
      sentinels = [announcer, ...sentinels.filter((each) => each !== announcer)];
      hold.end();
    }
    // The first address is not news: it is where the connections lead already.
    if (announcer !== undefined || before !== undefined) dropAll();
  }

  function watch(sentinel: Sentinel): void {
    const key = `${sentinel.host}:${sentinel.port}`;
    if (watched.has(key) || watched.size === mostSentinels) return;
    const connection = connectTo(client, sentinel, timeoutMs);
    watched.set(key, connection);
    connection.on("error", () => {}); // It connects again by itself.
    connection.on("message", (channel, message: string) => {
      const words = message.split(" ");
      // "slave <its name> <host> <port> @ <master> <host> <port>"
      if (channel === begins && words[5] === name) {
        hold.begin();
        dropAll();
      }
      // "<master> <old host> <old port> <new host> <new port>"
      if (channel === ends && words[0] === name) moved(words.slice(3).join(":"), sentinel);
    });
    connection.on("ready", () => void introduce(connection).catch(() => {}));
  }

  /** Asks for what may have been announced while the connection was away, then listens. */
  async function introduce(connection: IoredisConnection): Promise<void> {
    const ask = (what: string) => connection.call("SENTINEL", [what, name]).catch(() => undefined); // It may be forbidden.
    const asked = [ask("GET-MASTER-ADDR-BY-NAME"), ask("SENTINELS")];
    await connection.call("subscribe", [begins, ends]);
    const [address, others] = await Promise.all(asked);
    if (Array.isArray(address)) moved(address.join(":"));
    // Addresses behind a translation lead nowhere from here.
    if (natMap === undefined || natMap === null) {
      for (const each of addressesIn(others)) watch(each);
    }
  }

  return {
    follow(drop) {
      for (const sentinel of optionsOf(client).sentinels!) watch(sentinel);
      drops.add(drop);
      return () => drops.delete(drop);
    },
    settled: hold.settled,
    address: () => ({ sentinels }),
    close() {
      for (const connection of watched.values()) connection.disconnect();
      hold.end();
    },
  };
}

/** The time in which no connection is opened; it ends by itself if no master is announced. */
function createHold(): { begin(): void; end(): void; settled(): Promise<void> } {
  let end: (() => void) | undefined;
  let settled = Promise.resolve();
  return {
    begin() {
      if (end !== undefined) return;
      settled = new Promise((resolve) => {
        const timer = setTimeout(() => end?.(), longestMs);
        end = () => {
          clearTimeout(timer);
          end = undefined;
          resolve();
        };
      });
    },
    end: () => end?.(),
    settled: () => settled,
  };
}

/** Connects to a Sentinel itself, with the options of `client` for that. */
function connectTo(
  client: IoredisConnection,
  { host, port }: Sentinel,
  timeoutMs: number,
): IoredisConnection {
  const { sentinelUsername, sentinelPassword, sentinelTLS } = optionsOf(client);
  return client.duplicate({
    host: host ?? "127.0.0.1",
    port: port ?? 26_379,
    path: undefined,
    sentinels: undefined,
    name: undefined,
    db: 0,
    username: sentinelUsername,
    password: sentinelPassword,
    tls: sentinelTLS,
    connectionName: "relier:sentinel",
    connectTimeout: timeoutMs,
    lazyConnect: false,
    enableReadyCheck: false,
    enableOfflineQueue: true,
    autoResubscribe: false,
    keyPrefix: "",
    protocol: 2,
    replyMapping: "legacy",
    monitor: false,
    readOnly: false,
    // A Sentinel that went away without closing is noticed by its silence.
    keepAlive: 1_000,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
    retryStrategy: (times: number) => Math.min(100 * times, 1_000),
    reconnectOnError: null,
  });
}

/** The addresses in the reply of SENTINEL SENTINELS: a list of names and values for each. */
function addressesIn(reply: unknown): Sentinel[] {
  if (!Array.isArray(reply)) return [];
  return reply.filter(Array.isArray).map((flat: readonly string[]) => ({
    host: flat[flat.indexOf("ip") + 1],
    port: Number(flat[flat.indexOf("port") + 1]),
  }));
}

/** Connects once no failover is under way, and breaks when the next one begins. */
export function following(watch: SentinelWatch, connect: Connect): Connect {
  return (events) => {
    let connection: Connection | undefined;
    let over = false;
    const forget = watch.follow(() =>
      events.onBroken(new Unanswered(false, "Sentinel replaces the master"))
    );
    const opening = watch.settled().then(() => {
      if (over) throw new Unanswered(false, "the connection was closed");
      return connection = connect(events);
    });
    opening.catch(events.onBroken);
    return {
      send: (command, args) =>
        connection === undefined
          ? opening.then((opened) => opened.send(command, args))
          : connection.send(command, args),
      close() {
        over = true;
        forget();
        connection?.close();
      },
      get error() {
        return connection?.error;
      },
    };
  };
}
