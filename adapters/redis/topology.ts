/**
 * The nodes where keys live, and the way to reach them. One node on a single server or behind
 * Sentinel, many on a cluster; the rest of an adapter does not know which.
 *
 * @module
 */

import type { Connect } from "./connection.ts";

/** The purpose of a connection, as `CLIENT LIST` shows it after `relier:`. */
export type Purpose = "commands" | "confirm" | "wait" | "listen" | "events";

/** The nodes of one Redis. */
export interface Topology {
  /** Host and port, for people; absent where it is unknown. */
  readonly address?: string | undefined;
  /** True if channels belong to slots, and `SSUBSCRIBE` subscribes to them. */
  readonly sharded: boolean;
  /** The error text for a redirection that this adapter cannot follow. */
  readonly astray?: string;
  /** The slot of `key`, or 0 without slots. One command may only use keys of one slot. */
  slot(key: string): number;
  /** The name of the node that serves `slot`; undefined while it is unknown. */
  node(slot: number): string | undefined;
  /** A way to connect to a node. */
  connect(node: string, purpose: Purpose): Connect;
  /** Refreshes the slots. Cheap, and done in the background. */
  refresh(): void;
  /** Lets the process end although connections are open, also those opened later. */
  unref(): void;
  /** Closes the connections that find the nodes. */
  close(): void;
}
