/**
 * The nodes where keys live, and the way to reach them. One node on a single server or behind
 * Sentinel, many on a cluster; the rest of an adapter does not know which.
 *
 * @module
 */

import type { Connect } from "./connection.ts";

/** What a connection is for, as `CLIENT LIST` shows it behind `relier:`. */
export type Purpose = "commands" | "confirm" | "wait" | "listen";

/** The nodes of one Redis. */
export interface Topology {
  /** Whether channels belong to slots, and `SSUBSCRIBE` is the verb. */
  readonly sharded: boolean;
  /** What to say when a node sends callers to another one, where nobody can follow. */
  readonly astray?: string;
  /** What may share one command: the slot of `key`, or 0 where there are none. */
  slot(key: string): number;
  /** The name of the node that serves `slot`; undefined while that is not known. */
  node(slot: number): string | undefined;
  /** A way to connect to a node. */
  connect(node: string, purpose: Purpose): Connect;
  /** Asks where the slots are now. Cheap, and done in the background. */
  refresh(): void;
  /** Closes what finding out needed. */
  close(): void;
}
