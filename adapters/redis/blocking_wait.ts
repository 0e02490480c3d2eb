/**
 * Waits for a bell: `BLPOP` on connections of their own, one per slot. An
 * abort keeps the command for a moment, because the next wait usually has
 * the same bells and takes it over; only then is the connection closed. So an
 * abort is cheap, and a ring in between is not lost.
 *
 * @module
 */

import { RedisError, type RedisPort } from "../../core/port.ts";
import { explain, refused, Unanswered, unanswered } from "./redis_failure.ts";
import { now, openStop, sleep, type Stop } from "./deadline.ts";
import type { Topology } from "./topology.ts";
import { openWire, type Wire } from "./connection.ts";

/** The milliseconds in which an abandoned command may be taken over. */
const lingerMs = 25;
/** The milliseconds an answer may be late before the connection counts as dead. */
const graceMs = 1_000;
/** The most milliseconds of one wait: a dead host is noticed no sooner. */
const longestMs = 60_000;

/** The waiting part of a port. */
export interface Waiter {
  /** See {@linkcode RedisPort.wait}. */
  readonly wait: RedisPort["wait"];
  /** Ends all waits. */
  close(): void;
}

interface Block {
  /** The node and the bells. A wait with an equal id may take the command over. */
  readonly id: string;
  readonly node: string;
  readonly wire: Wire;
  /** Resolves on a ring or at the end of its time. */
  readonly ended: Promise<unknown>;
  /** The time it ends by itself, on the clock of `now()`. */
  readonly endsAt: number;
  /** Closes the connection unless another wait takes the command over. */
  lingering?: ReturnType<typeof setTimeout>;
}

/** The blocking commands under way, and the connections that are free for the next one. */
interface Blocks {
  /** Returns a command for `bells`, new or taken over, that lasts `ms`. */
  take(bells: readonly string[], ms: number): Block;
  /** Keeps the connection for the next wait once its command is over, or ends both. */
  leave(block: Block): void;
  /** Closes all of them. */
  close(): void;
}

function openBlocks(topology: Topology): Blocks {
  const wires = new Set<Wire>();
  const idle = new Map<string, Wire[]>();
  const lingering = new Map<string, Block[]>();

  function take(bells: readonly string[], ms: number): Block {
    const node = topology.node(topology.slot(bells[0]!));
    if (node === undefined) throw new Unanswered(false, "the cluster is not known");
    const id = [node, ...bells].join("\0");
    const standing = lingering.get(id)?.at(-1);
    if (standing !== undefined) {
      drop(standing);
      if (!standing.wire.broken) return standing;
    }
    const wire = idle.get(node)?.pop() ?? open(node);
    const seconds = String(ms / 1_000);
    const ended = wire.send("BLPOP", [...bells, seconds], ms + graceMs);
    ended.catch(() => {}); // The waits report the error; there may be none left.
    return { id, node, wire, ended, endsAt: now() + ms };
  }

  function open(node: string): Wire {
    const wire = openWire(topology.connect(node, "wait"), {
      onBroken: (broken) => {
        wires.delete(broken);
        const free = idle.get(node);
        const at = free?.indexOf(broken) ?? -1;
        if (at >= 0) free!.splice(at, 1);
      },
    });
    if (!wire.broken) wires.add(wire);
    return wire;
  }

  function leave(block: Block): void {
    let over = false;
    block.ended.then(() => over = true, () => {});
    // The answer may have arrived already: then the connection is free at once.
    queueMicrotask(() => {
      if (over) return release(block);
      append(lingering, block.id, block);
      block.lingering = setTimeout(() => {
        drop(block);
        if (over) release(block);
        else block.wire.close();
      }, lingerMs);
    });
  }

  function drop(block: Block): void {
    clearTimeout(block.lingering);
    const list = lingering.get(block.id)!;
    list.splice(list.indexOf(block), 1);
    if (list.length === 0) lingering.delete(block.id);
  }

  function release({ node, wire }: Block): void {
    if (!wire.broken) append(idle, node, wire);
  }

  return {
    take,
    leave,
    close() {
      for (const wire of wires) wire.close();
      for (const list of lingering.values()) {
        for (const block of list) clearTimeout(block.lingering);
      }
    },
  };
}

/** Makes the `wait` of a port. */
export function waiter(topology: Topology, closing: Stop): Waiter {
  const blocksOf = openBlocks(topology);

  /** Waits until the slots of a cluster are known: they are requested on first use. */
  async function known(bells: readonly string[], ms: number, time: Stop): Promise<void> {
    const until = now() + ms;
    while (topology.node(topology.slot(bells[0]!)) === undefined && now() < until) {
      topology.refresh();
      await sleep(20, time);
      if (closing.stopped || time.stopped) return;
    }
  }

  return {
    async wait(bells, ms, signal) {
      if (closing.stopped) throw new RedisError("Cannot wait: the port is closed", "unknown");
      if (signal?.aborted || !(ms > 0)) return;
      const limit = Math.max(1, Math.min(ms, longestMs));
      const blocks: Block[] = [];
      // A timer of its own, because a command that was taken over may last longer.
      const time = openStop();
      const abort = () => time.stop();
      signal?.addEventListener("abort", abort, { once: true });
      try {
        for (const group of groups(bells, topology)) {
          await known(group, limit, time);
          if (signal?.aborted) return;
          blocks.push(blocksOf.take(group, limit));
        }
        const ends = blocks.length > 0 && blocks.every((block) => block.endsAt <= now() + limit);
        const answer = await Promise.race([
          sleep(ends ? limit + 2 * graceMs : limit, time),
          ...blocks.map((block) => block.ended),
        ]);
        return Array.isArray(answer) ? String(answer[0]) : undefined;
      } catch (error) {
        if (closing.stopped) throw new RedisError("Cannot wait: the port is closed", "unknown");
        const failure = explain(error, bells);
        // Any error (READONLY, MOVED) means that this node cannot serve the wait.
        for (const block of blocks) block.wire.close();
        topology.refresh();
        if (failure.word !== "") throw refused("Cannot wait", failure);
        const message = `Cannot wait: no answer from Redis (${failure.text})`;
        throw unanswered(message, "unknown", failure);
      } finally {
        abort();
        signal?.removeEventListener("abort", abort);
        for (const block of blocks) blocksOf.leave(block);
      }
    },
    close: () => blocksOf.close(),
  };
}

/** Groups the bells by slot: one command may only name keys of one slot. */
function groups(bells: readonly string[], topology: Topology): Iterable<readonly string[]> {
  const bySlot = new Map<number, string[]>();
  for (const bell of bells) append(bySlot, topology.slot(bell), bell);
  return bySlot.values();
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
