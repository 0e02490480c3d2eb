/**
 * A connection to one node that is replaced when it breaks, after a pause that grows.
 *
 * @module
 */

import { type Connect, openWire, type Wire, type WireEvents } from "./connection.ts";
import { backoff, now, sleep, type Stop } from "./deadline.ts";
import { Unanswered } from "./redis_failure.ts";

/** A wire to one node that is replaced when it breaks. */
export interface Link {
  /** Returns the wire, or opens a new one after the pause. */
  wire(stop: Stop): Promise<Wire>;
  /** The wire, if it is open. */
  readonly current: Wire | undefined;
  /** Why the last wire broke; undefined while one is open. */
  readonly trouble: string | undefined;
  /** Closes the wire. A later call opens a new one. */
  close(): void;
}

/**
 * Makes a link. All callers share one attempt per pause at a node that does not
 * answer: 50 ms after the first failure, a second after the sixth.
 */
export function openLink(connect: Connect, events: WireEvents = {}): Link {
  let wire: Wire | undefined;
  let failures = 0;
  let notBefore = 0;
  let trouble: string | undefined;

  const link: Link = {
    get current() {
      return wire?.broken === false ? wire : undefined;
    },
    get trouble() {
      return link.current?.answered ? undefined : trouble;
    },
    async wire(stop) {
      while (link.current === undefined) {
        const pauseMs = notBefore - now();
        if (stop.stopped) throw new Unanswered(false, "the port is closed");
        if (pauseMs > 0) await sleep(pauseMs, stop);
        else open();
      }
      return link.current;
    },
    close: () => wire?.close(),
  };

  function open(): void {
    wire = openWire(connect, {
      ...events,
      onBroken(broken) {
        // A server that accepts and closes counts as absent, like one that does not accept.
        failures = broken.answered ? 0 : failures + 1;
        trouble = broken.trouble;
        notBefore = now() + (failures === 0 ? 0 : backoff(failures));
        events.onBroken?.(broken);
      },
    });
  }

  return link;
}
