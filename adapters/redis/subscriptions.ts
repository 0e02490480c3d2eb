/**
 * Subscriptions: one connection per node for events, and one that all other channels share. Not every client
 * subscribes again after a lost connection, so this file does it, and knows for every
 * channel whether its subscription stands.
 *
 * @module
 */

import { RedisError, type RedisPort } from "../../core/port.ts";
import { explain, refused, Unanswered, unanswered } from "./redis_failure.ts";
import { backoff, sleep, type Stop, within } from "./deadline.ts";
import type { Purpose, Topology } from "./topology.ts";
import type { Wire, WireEvents } from "./connection.ts";
import { type Link, openLink } from "./link.ts";

/** The listening part of a port. */
export interface Listener {
  /** See {@linkcode RedisPort.listen}. */
  readonly listen: NonNullable<RedisPort["listen"]>;
  /** Closes the connection to `node`, which lost its role as master: its subscriptions move. */
  leave(node: string): void;
  /** Closes all subscriptions. */
  close(): void;
}

interface Handler {
  readonly onMessage: (message: string) => void;
  readonly onCut: (() => void) | undefined;
}

interface Entry {
  readonly channel: string;
  readonly handlers: Set<Handler>;
  /** The connection of the last request to subscribe; messages of others are ignored. */
  wire?: Wire;
  /** True once Redis has confirmed it there. */
  standing: boolean;
  /** The request under way, so that callers share it. */
  asking?: Promise<void> | undefined;
}

/** The subscribed channels, and their connections. */
interface Subscriptions {
  readonly entries: Map<string, Entry>;
  /** Subscribes until Redis confirms. Callers share it: it ends when the last one gives up. */
  ask(entry: Entry): Promise<void>;
  /** Unsubscribes `channel` on `wire`. */
  forget(wire: Wire, channel: string): void;
  /** Closes the connection to `node`, or to every node. */
  close(node?: string): void;
}

function openSubscriptions(topology: Topology, timeoutMs: number, closing: Stop): Subscriptions {
  const shard = topology.sharded ? "s" : "";
  const entries = new Map<string, Entry>();
  const links = createLinks(topology, { onBroken: cut, onMessage: deliver });

  function cut(wire: Wire): void {
    for (const entry of entries.values()) {
      if (entry.wire !== wire || !entry.standing) continue;
      entry.standing = false;
      if (closing.stopped) continue;
      for (const { onCut } of entry.handlers) if (onCut !== undefined) detached(onCut);
      void ask(entry).catch(() => {}); // It ends once the subscription stands, or no handler is left.
    }
  }

  function deliver(wire: Wire, channel: string, message: string): void {
    const entry = entries.get(channel);
    if (entry === undefined || entry.wire !== wire) return;
    for (const { onMessage } of [...entry.handlers]) detached(() => onMessage(message));
  }

  function ask(entry: Entry): Promise<void> {
    entry.asking ??= (async () => {
      for (let failures = 0; entry.handlers.size > 0 && !closing.stopped;) {
        try {
          return await askOnce(entry);
        } catch (error) {
          const { passing } = explain(error);
          // A refusal rejects the first request; a subscription that stood before is requested again.
          if (!passing && entry.wire === undefined) throw error;
          topology.refresh();
        }
        await sleep(backoff(++failures), closing);
      }
      throw new Unanswered(false, "no handler is left");
    })().finally(() => entry.asking = undefined);
    return entry.asking;
  }

  async function askOnce(entry: Entry): Promise<void> {
    const node = topology.node(topology.slot(entry.channel));
    if (node === undefined) throw new Unanswered(false, "the cluster is not known yet");
    const wire = await links.to(node, purposeOf(entry.channel)).wire(closing);
    if (entry.handlers.size === 0) return;
    const before = entry.wire;
    // Set before the answer: a message may follow it at once.
    entry.wire = wire;
    try {
      await wire.send(`${shard}subscribe`, [entry.channel], timeoutMs / 2);
    } catch (error) {
      if (before === undefined) delete entry.wire;
      throw error;
    }
    entry.standing = true;
    // On a cluster the slot may have moved: drop the old subscription.
    if (before !== undefined && before !== wire) forget(before, entry.channel);
  }

  // If this fails, the connection is lost, and its subscription with it.
  const forget = (wire: Wire, channel: string): void =>
    void (wire.broken || wire.send(`${shard}unsubscribe`, [channel], timeoutMs).catch(() => {}));

  return {
    entries,
    ask,
    forget,
    close: links.close,
  };
}

/** The connections of subscriptions, by purpose and node. */
function createLinks(topology: Topology, events: WireEvents) {
  const links = new Map<string, Link>();
  return {
    to(node: string, purpose: Purpose): Link {
      const key = `${purpose} ${node}`;
      let link = links.get(key);
      if (link === undefined) {
        link = openLink(topology.connect(node, purpose), events);
        links.set(key, link);
      }
      return link;
    },
    close(node?: string): void {
      for (const [key, link] of links) {
        if (node === undefined || key.endsWith(` ${node}`)) link.close();
      }
    },
  };
}

/**
 * Events come in floods, and Redis cuts a connection that does not take them in time. The one
 * that proves the presence of a worker, and brings results, has to outlive that.
 */
function purposeOf(channel: string): Purpose {
  return /\}:events(:|$)/.test(channel) ? "events" : "listen";
}

/** Makes the `listen` of a port; `timeoutMs` bounds each call. */
export function listener(topology: Topology, timeoutMs: number, closing: Stop): Listener {
  const { entries, ask, forget, close } = openSubscriptions(topology, timeoutMs, closing);
  return {
    async listen(channel, onMessage, onCut) {
      if (closing.stopped) throw failed("the port is closed");
      const handler: Handler = { onMessage, onCut };
      let entry = entries.get(channel);
      if (entry === undefined) {
        entry = { channel, handlers: new Set(), standing: false };
        entries.set(channel, entry);
      }
      const own = entry;
      own.handlers.add(handler);
      const stop = () => {
        if (!own.handlers.delete(handler) || own.handlers.size > 0) return;
        if (entries.get(channel) === own) entries.delete(channel);
        if (own.wire !== undefined) forget(own.wire, channel);
      };
      try {
        // Requested even if it stands: the answer proves that the connection works.
        await within(timeoutMs, ask(own), () => new Unanswered(true, "ETIMEDOUT"));
      } catch (error) {
        stop();
        if (closing.stopped) throw failed("the port is closed");
        const failure = explain(error, [channel]);
        if (failure.word !== "") throw refused("Cannot listen", failure);
        const why = `no answer from Redis within ${timeoutMs} ms (${failure.text})`;
        throw unanswered(`Cannot listen: ${why}`, "unknown", failure);
      }
      return stop;
    },
    leave: (node) => close(node),
    close: () => close(),
  };
}

/** Runs a handler so that its error is reported, and does not stop the connection. */
export function detached(handler: () => void): void {
  try {
    handler();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function failed(why: string): RedisError {
  return new RedisError(`Cannot listen: ${why}`, "unknown");
}
