/**
 * Subscriptions: one connection per node, shared by all channels. Clients
 * differ in whether they subscribe again, so this does it itself, and knows
 * for every channel whether it stands.
 *
 * @module
 */

import { RedisError, type RedisPort } from "../../core/port.ts";
import { explain, Unanswered } from "./redis_failure.ts";
import { backoff, sleep, type Stop, within } from "./deadline.ts";
import type { Topology } from "./topology.ts";
import { type Link, openLink, type Wire } from "./connection.ts";

/** The listening part of a port. */
export interface Listener {
  /** See {@linkcode RedisPort.listen}. */
  readonly listen: NonNullable<RedisPort["listen"]>;
  /** Hangs up on `node`, which is no master any more: what stood there is asked for anew. */
  leave(node: string): void;
  /** Hangs up. */
  close(): void;
}

interface Handler {
  readonly onMessage: (message: string) => void;
  readonly onCut: (() => void) | undefined;
}

interface Entry {
  readonly channel: string;
  readonly handlers: Set<Handler>;
  /** The connection it was last asked for on; messages of others are not its. */
  wire?: Wire;
  /** Whether Redis has confirmed it there. */
  standing: boolean;
  /** Under way, so that callers share it. */
  asking?: Promise<void> | undefined;
}

/** Makes the `listen` of a port; `timeoutMs` bounds each call. */
export function listener(topology: Topology, timeoutMs: number, closing: Stop): Listener {
  const [subscribe, unsubscribe] = topology.sharded
    ? ["ssubscribe", "sunsubscribe"] as const
    : ["subscribe", "unsubscribe"] as const;
  const entries = new Map<string, Entry>();
  const links = new Map<string, Link>();

  function linkTo(node: string): Link {
    let link = links.get(node);
    if (link === undefined) {
      link = openLink(topology.connect(node, "listen"), { onBroken: cut, onMessage: deliver });
      links.set(node, link);
    }
    return link;
  }

  function cut(wire: Wire): void {
    for (const entry of entries.values()) {
      if (entry.wire !== wire || !entry.standing) continue;
      entry.standing = false;
      if (closing.stopped) continue;
      for (const { onCut } of entry.handlers) if (onCut !== undefined) detached(onCut);
      void ask(entry).catch(() => {}); // It only ends when it stands or nobody listens.
    }
  }

  function deliver(wire: Wire, channel: string, message: string): void {
    const entry = entries.get(channel);
    if (entry === undefined || entry.wire !== wire) return;
    for (const { onMessage } of [...entry.handlers]) detached(() => onMessage(message));
  }

  /** Subscribes until it stands. Shared: it outlives a caller who gives up, not the last one. */
  function ask(entry: Entry): Promise<void> {
    entry.asking ??= (async () => {
      for (let failures = 0; entry.handlers.size > 0 && !closing.stopped;) {
        try {
          return await askOnce(entry);
        } catch (error) {
          const { passing } = explain(error);
          // A refusal is the first caller's answer; one that stood before is asked for again.
          if (!passing && entry.wire === undefined) throw error;
          topology.refresh();
        }
        await sleep(backoff(++failures), closing);
      }
      throw new Unanswered(false, "nobody listens any more");
    })().finally(() => entry.asking = undefined);
    return entry.asking;
  }

  async function askOnce(entry: Entry): Promise<void> {
    const node = topology.node(topology.slot(entry.channel));
    if (node === undefined) throw new Unanswered(false, "the cluster is not known yet");
    const wire = await linkTo(node).wire(closing);
    if (entry.handlers.size === 0) return;
    const before = entry.wire;
    // Set before the answer: a message may be right behind it.
    entry.wire = wire;
    try {
      await wire.send(subscribe, [entry.channel], timeoutMs / 2);
    } catch (error) {
      if (before === undefined) delete entry.wire;
      throw error;
    }
    entry.standing = true;
    // On a cluster the slot may have moved: one subscription is enough.
    if (before !== undefined && before !== wire) forget(before, entry.channel);
  }

  function forget(wire: Wire, channel: string): void {
    // If it fails the connection is gone, and the subscription with it.
    if (!wire.broken) wire.send(unsubscribe, [channel], timeoutMs).catch(() => {});
  }

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
        // Asked for even if it stands: the answer proves that the connection does, too.
        await within(timeoutMs, ask(own), () => new Unanswered(true, "ETIMEDOUT"));
      } catch (error) {
        stop();
        if (closing.stopped) throw failed("the port is closed");
        const { word, text } = explain(error, [channel]);
        throw word === ""
          ? failed(`no answer from Redis within ${timeoutMs} ms (${text})`)
          : new RedisError(`Cannot listen: Redis answered ${text}`, "refused", word);
      }
      return stop;
    },
    leave: (node) => links.get(node)?.close(),
    close() {
      for (const link of links.values()) link.close();
    },
  };
}

/** A handler that throws must not end the connection's own work, nor go unheard. */
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
