/**
 * The adapter for ioredis 5.6.1 or later, on Node.js, Deno and Bun: one
 * server, Sentinel and Cluster.
 *
 * @module
 */

import { Cluster, Redis } from "ioredis";
import type { RedisPort } from "../core/port.ts";
import { type Confirmer, confirmer } from "./_confirm.ts";
import { explain, Unanswered } from "./_failure.ts";
import {
  cluster,
  type IoredisClient,
  type IoredisCluster,
  type IoredisConnection,
  single,
} from "./_ioredis.ts";
import { listener } from "./_listen.ts";
import { type Origin, originOf } from "./_origin.ts";
import { type Attempt, scriptRunner } from "./_script.ts";
import { openStop, within } from "./_time.ts";
import { waiter } from "./_wait.ts";
import { type Link, openLink, type Wire } from "./_wire.ts";

export type { IoredisClient, IoredisCluster, IoredisConnection };

/** Options of {@linkcode ioredis}. */
export interface IoredisOptions {
  /**
   * Milliseconds until a call rejects that Redis has not answered, 100 to
   * 600,000; 10,000 if absent. A connection that is silent for half of it is
   * replaced, and what was sent on it is sent again.
   */
  readonly timeoutMs?: number;
}

/**
 * Makes a port from an ioredis client. Commands go over connections of their
 * own, made with `duplicate()`: where to connect and as whom is the client's
 * affair, but its retries, timeouts, `keyPrefix` and reply options are not
 * used. The client stays the caller's to close, and need not be connected.
 *
 * @throws {RangeError} If `timeoutMs` is out of range.
 */
export function ioredis(client: IoredisClient, options: IoredisOptions = {}): RedisPort {
  const { timeoutMs = 10_000 } = options;
  if (!(timeoutMs >= 100 && timeoutMs <= 600_000)) {
    throw new RangeError(`Cannot use timeoutMs ${timeoutMs}: it has to be 100 to 600000`);
  }
  const topology = client.isCluster
    ? cluster(client as IoredisCluster, timeoutMs)
    : single(client as IoredisConnection, timeoutMs);
  const closing = openStop();
  const commands = new Map<string, Link>();
  const confirmers = new Map<string, Confirmer>();
  const waits = waiter(topology, closing);
  const listens = listener(topology, timeoutMs, closing);

  function commandsTo(node: string): Link {
    return made(commands, node, () => openLink(topology.connect(node, "commands")));
  }

  /** The short way is short on purpose: every call takes it. */
  function sendTo(node: string, attempt: Attempt, asking: boolean): Promise<unknown> {
    const link = commandsTo(node);
    const wire = link.current;
    if (wire !== undefined) return sendOn(wire, attempt, asking);
    return within(
      attempt.limitMs,
      link.wire(closing),
      () => new Unanswered(false, "ETIMEDOUT"),
    ).then((opened) => sendOn(opened, attempt, asking));
  }

  function sendOn(wire: Wire, attempt: Attempt, asking: boolean): Promise<unknown> {
    const { command, args, limitMs } = attempt;
    // Holds for the one command behind it, on the same connection.
    if (asking) wire.send("ASKING", [], limitMs).catch(() => {});
    return wire.send(command, args, limitMs);
  }

  function confirmAt(node: string, attempt: Attempt): Promise<unknown> {
    const open = () => confirmer(openLink(topology.connect(node, "confirm")), closing);
    return made(confirmers, node, open).send(attempt);
  }

  function send(attempt: Attempt): Promise<unknown> {
    const node = topology.node(topology.slot(attempt.keys[0] ?? ""));
    if (node === undefined) {
      topology.refresh();
      return Promise.reject(new Unanswered(false, "the cluster is not known yet"));
    }
    const reply = attempt.confirm === undefined
      ? sendTo(node, attempt, false)
      : confirmAt(node, attempt);
    return reply.catch((error) => redirected(node, attempt, error));
  }

  /** Follows the one redirection that is for this call alone, and looks where the others lead. */
  function redirected(node: string, attempt: Attempt, error: unknown): Promise<unknown> {
    const { word, passing } = explain(error);
    if (word === "ASK" && attempt.confirm === undefined) {
      const there = (error as Error).message.split(" ")[2] ?? "";
      return sendTo(there, attempt, true);
    }
    if (word === "READONLY" || word === "MASTERDOWN") {
      // The node is a replica now; a new connection asks who is the master.
      commands.get(node)?.close();
      confirmers.get(node)?.close();
      // It keeps its subscribers, and has nothing to tell them any more.
      listens.leave(node);
    }
    if (passing) topology.refresh();
    throw error;
  }

  return {
    run: scriptRunner(send, { timeoutMs, closing: closing }),
    wait: waits.wait,
    listen: listens.listen,
    origin: () => Promise.resolve(originOf(client, timeoutMs)),
    close() {
      closing.stop();
      for (const link of commands.values()) link.close();
      for (const confirmer of confirmers.values()) confirmer.close();
      waits.close();
      listens.close();
      topology.close();
      return Promise.resolve();
    },
  };
}

/**
 * Makes a port that connects by itself, on first use, and closes what it
 * opened. Accepts `redis://`, `rediss://` (TLS) with user, password and
 * database, `unix://` and the path of a socket.
 *
 * @throws {TypeError} If `url` is none of these. The message does not repeat
 * it, as it may hold a password.
 */
export function connect(url: string, options: IoredisOptions = {}): RedisPort {
  const path = /^(?:unix:\/\/)?\//.test(url);
  if (!path && !/^rediss?:\/\/[^/?#]*(?:\/\d*)?(?:[?#]|$)/.test(url)) {
    throw new TypeError(
      "Cannot connect: a Redis URL is redis://host:port/database, rediss://… or unix:///path/to/socket",
    );
  }
  // It never connects: it carries the options for those that do.
  return ioredis(new Redis(url, { lazyConnect: true }), options);
}

/** Makes a port to what the `origin` of another one described, with connections of its own. */
export function reopen(origin: unknown): RedisPort {
  const { nodes, options, timeoutMs } = origin as Origin;
  const client = nodes
    ? new Cluster(nodes, { ...options, lazyConnect: true })
    : new Redis({ ...options, lazyConnect: true });
  return ioredis(client, { timeoutMs });
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
