/**
 * The use made of ioredis: connections that live once. Everything that
 * decides what happens to a command is set here, whatever the caller's client
 * is set to; where to connect, and as whom, is taken from it.
 *
 * @module
 */

import { isAnswer, Unanswered } from "./redis_failure.ts";
import { slotOf } from "./cluster_slot.ts";
import type { Purpose, Topology } from "./topology.ts";
import type { Connect } from "./connection.ts";

/** The part of an ioredis `Redis` this adapter uses, of version 5.6.1 or later. */
export interface IoredisConnection {
  /** Where it connects to. */
  readonly options: {
    readonly host?: string | undefined;
    readonly port?: number | string | undefined;
  };
  /** Whether it is a cluster: no. */
  readonly isCluster: boolean;
  /** Sends a command. */
  call(command: string, args: string[]): Promise<unknown>;
  /** Makes another client with the same options, save these. */
  duplicate(override?: object): IoredisConnection;
  /** Hangs up for good. */
  disconnect(): void;
  /** Listens to an event. */
  // Each event has arguments of its own.
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** The part of an ioredis `Cluster` this adapter uses. */
export interface IoredisCluster {
  /** Whether it is a cluster: yes. */
  readonly isCluster: boolean;
  /** The nodes of each slot, its master first. */
  readonly slots: readonly (readonly string[])[];
  /** The nodes it knows. */
  nodes(role?: "all" | "master" | "slave"): IoredisConnection[];
  /** Asks where the slots are. */
  refreshSlotsCache(): void;
  /** Makes another client with the same nodes and options, save these. */
  duplicate(nodes?: [], override?: object): IoredisCluster;
  /** Hangs up for good. */
  disconnect(): void;
  /** Listens to an event. */
  // Each event has arguments of its own.
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** An ioredis client: one server, one behind Sentinel, or a cluster. */
export type IoredisClient = IoredisConnection | IoredisCluster;

/** Milliseconds between looks at where the slots are; a redirection looks at once. */
const slotsRefreshMs = 5_000;

/** What each connection is opened with, whatever the caller's client has. */
export function profile(purpose: Purpose | "topology", timeoutMs: number): object {
  return {
    connectionName: `relier:${purpose}`,
    connectTimeout: Math.max(1, Math.floor(timeoutMs / 2)),
    // A lost connection is replaced, never revived: what was sent on it is
    // rejected at once and sent again by us, who know that it may have run.
    retryStrategy: null,
    reconnectOnError: null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Commands wait in the process until the handshake is over, no longer.
    enableOfflineQueue: true,
    lazyConnect: false,
    // A loading server answers LOADING; asking with INFO needs a permission more.
    enableReadyCheck: false,
    // Our deadlines are the only ones.
    commandTimeout: undefined,
    socketTimeout: undefined,
    blockingTimeout: undefined,
    enableAutoPipelining: false,
    // Replies in one shape: strings, integers, nulls and arrays.
    protocol: 2,
    replyMapping: "legacy",
    stringNumbers: false,
    // Scripts name their keys in full, and channels are no keys to ioredis.
    keyPrefix: "",
    himportFieldsets: undefined,
    scripts: undefined,
    monitor: false,
    readOnly: false,
    // Sentinel: writes need the master, and asking for it must not give up.
    role: "master",
    sentinelRetryStrategy: (times: number) => Math.min(50 * times, 1_000),
    keepAlive: 30_000,
    noDelay: true,
    showFriendlyErrorStack: false,
  };
}

/** Adapts one connection to what a wire needs. */
function adapt(open: () => IoredisConnection): Connect {
  return (events) => {
    const connection = open();
    let error: unknown;
    connection.on("error", (reason) => {
      error = reason;
      // An answer during the handshake (WRONGPASS, a database that does not
      // exist) would otherwise be passed over, and the next command sent.
      if (isAnswer(reason)) events.onBroken(reason);
      // An answer nobody asked for: version 5 says so when a slot has moved and
      // ended its subscriptions. From then on answers may belong to others.
      if (/^Command queue state/.test(messageOf(reason))) connection.disconnect();
    });
    connection.on("ready", () => events.onReady());
    connection.on("close", () => events.onBroken(error));
    connection.on("end", () => events.onBroken(error));
    connection.on("message", (channel, message) => events.onMessage(channel, message));
    connection.on("smessage", (channel, message) => events.onMessage(channel, message));
    // The same, as version 6 says it.
    connection.on("moved", () => connection.disconnect());
    return {
      send: (command, args) => connection.call(command, args),
      close: () => connection.disconnect(),
      get error() {
        return error;
      },
    };
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

/** The one node of a server on its own, or of a master behind Sentinel. */
export function single(client: IoredisConnection, timeoutMs: number): Topology {
  return {
    sharded: false,
    slot: () => 0,
    node: () => "",
    connect: (_node, purpose) => adapt(() => client.duplicate(profile(purpose, timeoutMs))),
    refresh: () => {},
    close: () => {},
  };
}

/** The nodes of a cluster. ioredis tells where slots are; it carries no command of ours. */
export function cluster(client: IoredisCluster, timeoutMs: number): Topology {
  // A client of our own: the caller may close theirs, or may never have connected it.
  const map = client.duplicate([], {
    lazyConnect: false,
    enableReadyCheck: false,
    enableOfflineQueue: true,
    enableAutoPipelining: false,
    shardedSubscribers: false,
    scaleReads: "master",
    keyPrefix: "",
    scripts: undefined,
    himportFieldsets: undefined,
    slotsRefreshInterval: slotsRefreshMs,
    slotsRefreshTimeout: 1_000,
    clusterRetryStrategy: (times: number) => Math.min(50 * times, 1_000),
    clusterNodeRetryStrategy: null,
    redisOptions: profile("topology", timeoutMs),
  });
  map.on("error", () => {}); // Reported by the call that fails for it.
  return {
    sharded: true,
    slot: slotOf,
    node: (slot) => map.slots[slot]?.[0],
    connect: (name, purpose) =>
      adapt(() => {
        const node = map.nodes().find(({ options: { host, port } }) => `${host}:${port}` === name);
        if (node === undefined) throw new Unanswered(false, "the node has left the cluster");
        return node.duplicate(profile(purpose, timeoutMs));
      }),
    refresh: () => map.refreshSlotsCache(),
    close: () => map.disconnect(),
  };
}
