/**
 * The parts of ioredis clients that this package uses.
 *
 * @module
 */

/** The part of an ioredis `Redis` this adapter uses, of version 5.6.1 or later. */
export interface IoredisConnection {
  /** Its connection options. */
  readonly options: {
    readonly host?: string | undefined;
    readonly port?: number | string | undefined;
    readonly path?: string | null | undefined;
  };
  /** False: it is not a cluster. */
  readonly isCluster: boolean;
  /** Its socket, once it has one. */
  readonly stream?: { unref?(): unknown } | undefined;
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
