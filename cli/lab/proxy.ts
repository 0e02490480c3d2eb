/**
 * A breakable network between clients and a server: it can be slow, or drop every
 * packet without closing a connection.
 *
 * @module
 */

import { openTunnel } from "./tunnel.ts";

/** A breakable network. */
export interface Proxy {
  /** The URL for clients. */
  readonly url: string;
  /** The number of chunks delayed or dropped: zero if the fault had no effect. */
  readonly touched: number;
  /** Delays every chunk by `ms`, each way. */
  slow(ms: number): void;
  /** Drops every chunk, both ways; nothing is closed, and new connections get no answer. */
  partition(): void;
  /** Closes every connection. */
  cut(): void;
  /** Drops the next reply of the server, and closes its connection: the call may have run. */
  loseReply(): void;
  /** Ends the fault. Connections that lost chunks are closed. */
  heal(): void;
  close(): Promise<void>;
}

/** Opens a network that leads to the server at `url`. */
export async function openProxy(url: string): Promise<Proxy> {
  const { hostname: host, port, username, password } = new URL(url);
  const login = username || password ? `${username}:${password}@` : "";
  let delayMs = 0, lost = false, touched = 0, losing = 0;
  const tunnel = await openTunnel({
    to: () => ({ host, port: Number(port) }),
    opened: (pair) => void (pair.lost = lost),
    pass(_chunk, pair, from, on) {
      if (losing > 0 && from === "server") {
        losing--;
        touched++;
        pair.near.destroy();
        return;
      }
      if (delayMs > 0 || pair.lost) touched++;
      if (pair.lost) return;
      // Chunks keep their order: a timer of the same length never overtakes another.
      if (delayMs > 0) setTimeout(on, delayMs);
      else on();
    },
    // Behind a partition a closed connection is not seen.
    hides: (pair) => pair.lost,
  });
  return {
    url: tunnel.url.replace("//", `//${login}`),
    get touched() {
      return touched;
    },
    slow: (ms) => void (delayMs = ms),
    partition() {
      lost = true;
      for (const pair of tunnel.pairs) pair.lost = true;
    },
    cut: () => tunnel.cut(),
    loseReply: () => void losing++,
    heal() {
      lost = false;
      delayMs = 0;
      tunnel.cut((pair) => pair.lost);
    },
    close: () => tunnel.close(),
  };
}
