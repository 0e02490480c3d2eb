/**
 * The interface of a queue that is measured: Relier, each peer, and the floor.
 *
 * @module
 */

/** The place of a measurement, and its tasks. */
export interface Place {
  readonly url: string;
  /** Every key contains it. */
  readonly prefix: string;
  /** The text of every task. */
  readonly payload: string;
}

/** Settings of a worker. */
export interface WorkSettings {
  readonly concurrency: number;
  /** Called for each task. */
  handler(): void | Promise<void>;
  /** Called once the queue has stored the end of a task. */
  onDone(): void;
}

/** A connected queue. */
export interface Contestant {
  /** Adds one task; resolves once it is stored. */
  push(): Promise<unknown>;
  /** Adds `n` tasks the way the queue does that best; resolves once they are stored. */
  pushMany(n: number): Promise<unknown>;
  /** Starts a worker. */
  work(settings: WorkSettings): Promise<void>;
  /** The inconsistencies in its data, where the queue can report them. */
  audit?(): Promise<readonly string[]>;
}

/** Connects a queue to a place. Its connections end with the process. */
export type OpenContestant = (place: Place) => Promise<Contestant>;
