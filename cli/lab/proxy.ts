/**
 * A network between clients and a server that can be broken: slow, cut, or
 * silent in both directions without a word to either side.
 *
 * @module
 */

import { openTunnel } from "./tunnel.ts";

/** A breakable network. */
export interface Proxy {
  /** Where clients connect instead. */
  readonly url: string;
  /** How many chunks were held back, swallowed or cut off: whether anybody noticed. */
  readonly touched: number;
  /** Holds back everything, each way, by `ms`. */
  slow(ms: number): void;
  /** Swallows everything, both ways; nothing is closed, and new connections vanish as well. */
  partition(): void;
  /** As it was. What was swallowed stays so, and those connections are of no use any more. */
  heal(): void;
  close(): Promise<void>;
}

/** Opens a network that leads to the server at `url`. */
export async function openProxy(url: string): Promise<Proxy> {
  const { hostname: host, port } = new URL(url);
  let delayMs = 0, lost = false, touched = 0;
  const tunnel = await openTunnel({
    to: () => ({ host, port: Number(port) }),
    opened: (pair) => void (pair.lost = lost),
    pass(_chunk, pair, _from, on) {
      if (delayMs > 0 || pair.lost) touched++;
      if (pair.lost) return;
      // Chunks keep their order: a timer of the same length never overtakes another.
      if (delayMs > 0) setTimeout(on, delayMs);
      else on();
    },
    // Nobody beyond a partition is told that the other side is gone.
    hides: (pair) => pair.lost,
  });
  return {
    url: tunnel.url,
    get touched() {
      return touched;
    },
    slow: (ms) => void (delayMs = ms),
    partition() {
      lost = true;
      for (const pair of tunnel.pairs) pair.lost = true;
    },
    heal() {
      lost = false;
      delayMs = 0;
      tunnel.cut((pair) => pair.lost);
    },
    close: () => tunnel.close(),
  };
}
