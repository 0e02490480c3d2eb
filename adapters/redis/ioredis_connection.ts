/**
 * Connections of ioredis, each used until it breaks. This module sets every option
 * that decides the fate of a command, and overrides the caller's client. The
 * address and the user are those of the client.
 *
 * @module
 */

import { isAnswer, servesNobody, Unanswered } from "./redis_failure.ts";
import { following, isBehindSentinel, watchSentinels } from "./sentinel_watch.ts";
import { openStop, type Stop } from "./deadline.ts";
import { slotOf } from "./cluster_slot.ts";
import type { IoredisCluster, IoredisConnection } from "./ioredis_client.ts";
import type { Purpose, Topology } from "./topology.ts";
import type { Connect } from "./connection.ts";

/** The milliseconds between refreshes of the slots; a redirection refreshes them at once. */
const slotsRefreshMs = 5_000;

/** The options of each connection. They override those of the caller's client. */
export function profile(timeoutMs: number): object {
  return {
    // Both are answered first, and ioredis drops an answer such as "max number of clients".
    connectionName: undefined,
    disableClientInfo: true,
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
    // The adapter follows the Sentinels, once for all connections of a port.
    failoverDetector: false,
    sentinelRetryStrategy: (times: number) => Math.min(50 * times, 1_000),
    keepAlive: 30_000,
    noDelay: true,
    showFriendlyErrorStack: false,
  };
}

/** Adapts one connection to what a wire needs; from `idle` on it does not keep the process alive. */
function adapt(
  open: () => IoredisConnection,
  idle: Stop,
  purpose: Purpose,
  needsMaster = false,
): Connect {
  return (events) => {
    const connection = open();
    const unref = () => connection.stream?.unref?.();
    const forget = idle.onStop(unref);
    connection.on("connect", () => {
      if (idle.stopped) unref();
    });
    let error: unknown;
    let ready = false;
    connection.on("error", (reason) => {
      // ioredis goes on asking them, so only the deadline of a call ends that.
      error = /^All sentinels are unreachable/.test(messageOf(reason))
        ? new Unanswered(false, "no Sentinel names the master")
        : reason;
      // Otherwise ioredis would ignore an error answer during the handshake
      // (WRONGPASS, an unknown database), and send the next command.
      if (isAnswer(reason)) events.onBroken(reason);
      // An unexpected answer: version 5 reports this error when a slot has moved and
      // ended its subscriptions. Later answers may belong to other commands.
      if (/^Command queue state/.test(messageOf(reason))) connection.disconnect();
    });
    const opening = introduce(connection, `relier:${purpose}`, needsMaster);
    opening.then(() => {
      ready = true;
      events.onReady();
    }, (reason) => events.onBroken(error ?? reason));
    connection.on("close", () => events.onBroken(error));
    connection.on("end", () => events.onBroken(error));
    connection.on("message", (channel, message) => events.onMessage(channel, message));
    connection.on("smessage", (channel, message) => events.onMessage(channel, message));
    // The same event, as version 6 reports it.
    connection.on("moved", () => connection.disconnect());
    const send = (command: string, args: string[]) => connection.call(command, args);
    return {
      send: (command, args) =>
        ready ? send(command, args) : opening.then(() => send(command, args)),
      close() {
        forget();
        connection.disconnect();
      },
      get error() {
        return error;
      },
    };
  };
}

/**
 * Sets the name of the connection, with the first command on it: its answer shows whether
 * this server serves the connection at all, and whether it still is the master.
 */
async function introduce(
  connection: IoredisConnection,
  name: string,
  needsMaster: boolean,
): Promise<void> {
  const answered = (command: string, args: string[]) =>
    connection.call(command, args).catch((error) => {
      if (!isAnswer(error) || servesNobody(error)) throw error;
      return undefined; // It may be forbidden, which does no harm.
    });
  await answered("CLIENT", ["SETNAME", name]);
  const role = needsMaster ? await answered("ROLE", []) as [string] | undefined : undefined;
  if (role !== undefined && role[0] !== "master") {
    throw new Unanswered(false, "the master of the Sentinels is a replica now");
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

/** The single node of a standalone server, or of a master behind Sentinel. */
export function single(client: IoredisConnection, timeoutMs: number): Topology {
  const watch = isBehindSentinel(client) ? watchSentinels(client, timeoutMs) : undefined;
  const idle = openStop();
  const open = () => client.duplicate({ ...profile(timeoutMs), ...watch?.address() });
  return {
    sharded: false,
    address: watch === undefined ? addressOf(client) : undefined,
    slot: () => 0,
    node: () => "",
    connect(_node, purpose) {
      const connect = adapt(open, idle, purpose, watch !== undefined);
      return watch === undefined ? connect : following(watch, connect);
    },
    refresh: () => {},
    unref() {
      idle.stop();
      watch?.close(); // The process is about to end: it follows no failover any more.
    },
    close: () => watch?.close(),
  };
}

function addressOf(
  { options: { host = "127.0.0.1", port = 6379, path } }: IoredisConnection,
): string {
  return path ?? `${host}:${port}`;
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
    redisOptions: { ...profile(timeoutMs), connectionName: "relier:topology" },
  });
  const idle = openStop();
  map.on("error", () => {}); // The call that fails because of it reports the error.
  return {
    sharded: true,
    slot: slotOf,
    node: (slot) => map.slots[slot]?.[0],
    connect: (name, purpose) =>
      adapt(
        () => {
          const node = map.nodes().find(({ options: { host, port } }) =>
            `${host}:${port}` === name
          );
          if (node === undefined) throw new Unanswered(false, "the node has left the cluster");
          return node.duplicate(profile(timeoutMs));
        },
        idle,
        purpose,
      ),
    refresh: () => map.refreshSlotsCache(),
    unref() {
      idle.stop();
      for (const { stream } of map.nodes()) stream?.unref?.();
    },
    close: () => map.disconnect(),
  };
}
