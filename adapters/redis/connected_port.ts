/**
 * A port over the nodes of one Redis, shared by the adapters of all clients that hold
 * connections.
 *
 * @module
 */

import { defaultTimeoutMs } from "../../core/defaults.ts";
import { RedisError, type RedisPort } from "../../core/port.ts";
import { type Confirmer, confirmer } from "./write_confirmation.ts";
import { explain, Unanswered } from "./redis_failure.ts";
import { listener } from "./subscriptions.ts";
import { type Attempt, scriptRunner } from "./script_runner.ts";
import { openStop, type Stop, within } from "./deadline.ts";
import type { Topology } from "./topology.ts";
import { waiter } from "./blocking_wait.ts";
import type { Wire } from "./connection.ts";
import { type Link, openLink } from "./link.ts";

/** Reads the option `timeoutMs` of an adapter; 10,000 if absent. */
export function timeoutOf(
  { timeoutMs = defaultTimeoutMs }: { readonly timeoutMs?: number },
): number {
  if (!(timeoutMs >= 100 && timeoutMs <= 600_000)) {
    throw new RangeError(`Cannot use timeoutMs ${timeoutMs}: it has to be 100 to 600000`);
  }
  return timeoutMs;
}

/** The connections to the nodes that run scripts. */
interface Nodes {
  /** Sends one attempt to `node`; `asking` puts `ASKING` before it. */
  send(node: string, attempt: Attempt, asking: boolean): Promise<unknown>;
  /** Sends one attempt to `node`, and confirms its write. */
  confirm(node: string, attempt: Attempt): Promise<unknown>;
  /** Why a node that calls went to has no connection; undefined while each has one. */
  trouble(): string | undefined;
  /** Closes the connection to `node`, or to every node. */
  close(node?: string): void;
}

function openNodes(topology: Topology, closing: Stop): Nodes {
  const commands = new Map<string, Link>();
  const confirmers = new Map<string, Confirmer>();

  function commandsTo(node: string): Link {
    return made(commands, node, () => openLink(topology.connect(node, "commands")));
  }

  /** Sends directly if the wire is open. Every call takes this path, so it is short. */
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
    // ASKING applies to the next command on the same connection.
    if (asking) wire.send("ASKING", [], limitMs).catch(() => {});
    return wire.send(command, args, limitMs);
  }

  return {
    send: sendTo,
    confirm(node, attempt) {
      const open = () => confirmer(openLink(topology.connect(node, "confirm")), closing);
      return made(confirmers, node, open).send(attempt);
    },
    trouble: () => [...commands.values()].map(({ trouble }) => trouble).find(Boolean),
    close(node) {
      for (const links of [commands, confirmers]) {
        for (const [name, link] of links) if (node === undefined || name === node) link.close();
      }
    },
  };
}

/** Makes a port over `topology`; `origin` returns the argument of its adapter's `reopen`. */
export function portOver(
  topology: Topology,
  timeoutMs: number,
  origin: () => unknown,
): RedisPort {
  const closing = openStop();
  const nodes = openNodes(topology, closing);
  const waits = waiter(topology, closing);
  const listens = listener(topology, timeoutMs, closing);

  function send(attempt: Attempt): Promise<unknown> {
    const node = topology.node(topology.slot(attempt.keys[0] ?? ""));
    if (node === undefined) {
      topology.refresh();
      return Promise.reject(new Unanswered(false, "the cluster is not known yet"));
    }
    const reply = attempt.confirm === undefined
      ? nodes.send(node, attempt, false)
      : nodes.confirm(node, attempt);
    return reply.catch((error) => redirected(node, attempt, error));
  }

  /** Follows ASK, which is for this call alone; refreshes the slots for other redirections. */
  function redirected(node: string, attempt: Attempt, error: unknown): Promise<unknown> {
    const { word, passing } = explain(error);
    if (topology.astray !== undefined && (word === "MOVED" || word === "ASK")) {
      const message = `Cannot run "${attempt.name}": ${topology.astray}`;
      throw new RedisError(message, "refused", word);
    }
    if (word === "ASK" && attempt.confirm === undefined) {
      const there = (error as Error).message.split(" ")[2] ?? "";
      return nodes.send(there, attempt, true);
    }
    if (word === "READONLY" || word === "MASTERDOWN") {
      // The node is a replica now; a new connection finds the master.
      nodes.close(node);
      // The node keeps its subscribers, but no message reaches them.
      listens.leave(node);
    }
    if (passing) topology.refresh();
    throw error;
  }

  return {
    run: scriptRunner(send, { timeoutMs, closing }),
    wait: waits.wait,
    listen: listens.listen,
    origin: () => Promise.resolve(origin()),
    get closed() {
      return closing.stopped;
    },
    address: topology.address,
    get trouble() {
      return nodes.trouble();
    },
    unref: () => topology.unref(),
    close() {
      closing.stop();
      nodes.close();
      waits.close();
      listens.close();
      topology.close();
      return Promise.resolve();
    },
  };
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
