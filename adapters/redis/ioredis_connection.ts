/**
 * Connections of ioredis, each used until it breaks. This module sets every option
 * that decides the fate of a command, and overrides the caller's client. The
 * address and the user are those of the client.
 *
 * @module
 */

import { isAnswer, Unanswered } from "./redis_failure.ts";
import { slotOf } from "./cluster_slot.ts";
import type { Purpose, Topology } from "./topology.ts";
import type { Connect } from "./connection.ts";

/** The part of an ioredis `Redis` this adapter uses, of version 5.6.1 or later. */
export interface IoredisConnection {
  /** Its connection options. */
  readonly options: {
    readonly host?: string | undefined;
    readonly port?: number | string | undefined;
  };
  /** False: it is not a cluster. */
  readonly isCluster: boolean;
  /** Sends a command. */
  call(command: string, args: string[]): Promise<unknown>;
  /** Makes another client with the same options, except `override`. */
  duplicate(override?: object): IoredisConnection;
  /** Disconnects for good. */
  disconnect(): void;
  /** Listens to an event. */
  // Each event has its own arguments.
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** The part of an ioredis `Cluster` this adapter uses. */
export interface IoredisCluster {
  /** True: it is a cluster. */
  readonly isCluster: boolean;
  /** The nodes of each slot, its master first. */
  readonly slots: readonly (readonly string[])[];
  /** The nodes it knows. */
  nodes(role?: "all" | "master" | "slave"): IoredisConnection[];
  /** Requests the slots of the nodes. */
  refreshSlotsCache(): void;
  /** Makes another client with the same nodes and options, except `override`. */
  duplicate(nodes?: [], override?: object): IoredisCluster;
  /** Disconnects for good. */
  disconnect(): void;
  /** Listens to an event. */
  // Each event has its own arguments.
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** An ioredis client: one server, one behind Sentinel, or a cluster. */
export type IoredisClient = IoredisConnection | IoredisCluster;

/** The milliseconds between refreshes of the slots; a redirection refreshes them at once. */
const slotsRefreshMs = 5_000;

/** The options of each connection. They override those of the caller's client. */
export function profile(purpose: Purpose | "topology", timeoutMs: number): object {
  return {
    connectionName: `relier:${purpose}`,
    connectTimeout: Math.max(1, Math.floor(timeoutMs / 2)),
    // The adapter replaces a lost connection; ioredis must not revive it. Commands on it
    // reject at once, and the adapter sends them again, knowing that they may have run.
    retryStrategy: null,
    reconnectOnError: null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Commands wait in the process until the handshake is over, no longer.
    enableOfflineQueue: true,
    lazyConnect: false,
    // A loading server answers LOADING; a check with INFO would need another permission.
    enableReadyCheck: false,
    // The deadlines of the adapter are the only ones.
    commandTimeout: undefined,
    socketTimeout: undefined,
    blockingTimeout: undefined,
    enableAutoPipelining: false,
    // Replies in one shape: strings, integers, nulls and arrays.
    protocol: 2,
    replyMapping: "legacy",
    stringNumbers: false,
    // Scripts name their keys in full, and ioredis does not prefix channels.
    keyPrefix: "",
    himportFieldsets: undefined,
    scripts: undefined,
    monitor: false,
    readOnly: false,
    // Sentinel: writes need the master, and the search for it must not give up.
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
      // Otherwise ioredis would ignore an error answer during the handshake
      // (WRONGPASS, an unknown database), and send the next command.
      if (isAnswer(reason)) events.onBroken(reason);
      // An unexpected answer: version 5 reports this error when a slot has moved and
      // ended its subscriptions. Later answers may belong to other commands.
      if (/^Command queue state/.test(messageOf(reason))) connection.disconnect();
    });
    connection.on("ready", () => events.onReady());
    connection.on("close", () => events.onBroken(error));
    connection.on("end", () => events.onBroken(error));
    connection.on("message", (channel, message) => events.onMessage(channel, message));
    connection.on("smessage", (channel, message) => events.onMessage(channel, message));
    // The same event, as version 6 reports it.
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

/** The single node of a standalone server, or of a master behind Sentinel. */
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

/** The nodes of a cluster. The ioredis cluster client provides the slots, and sends no command. */
export function cluster(client: IoredisCluster, timeoutMs: number): Topology {
  // A separate client: the caller may close theirs, or may never have connected it.
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
  map.on("error", () => {}); // The call that fails because of it reports the error.
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
