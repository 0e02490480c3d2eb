/**
 * A network between a client and a server that a test can break. It can be cut, slowed
 * down, silenced, or lose a reply after the command ran.
 *
 * @module
 */

import { openTunnel, type Pair } from "../../cli/lab/tunnel.ts";

/** A breakable wire. */
export interface Wire {
  /** The URL for clients in place of the server's. */
  readonly url: string;
  /** The number of open connections. */
  readonly connections: number;
  /**
   * The number of connections that await an array in reply to a request with `part`, in
   * any case.
   */
  pending(part: string): number;
  /** Cuts all connections. New ones are accepted. */
  cut(): void;
  /**
   * Swallows the next reply to a request that contains `part`, and cuts that
   * connection. The command ran, and its reply is lost.
   */
  dropReplyTo(part: string): void;
  /** The number of swallowed replies. */
  readonly dropped: number;
  /** Delays everything that the server sends by `ms` milliseconds. */
  delay(ms: number): void;
  /** Swallows all data in both directions without a close, on new connections as well. */
  blackhole(): void;
  /** Accepts new connections again. Connections of the black hole stay in it. */
  heal(): void;
  /** Refuses new connections, and cuts the open ones. */
  down(): void;
  /** Routes new connections to another server. Open ones stay. */
  redirect(url: string): void;
  /** Closes all connections and stops. */
  close(): Promise<void>;
}

/** Opens a wire to the server at `url`. */
export async function openWire(url: string): Promise<Wire> {
  let target = addressOf(url);
  /** The last request of a connection, and whether its reply is to be swallowed. */
  const asked = new Map<Pair, { text: string; doomed: boolean }>();
  let part = "";
  let dropped = 0;
  let delayMs = 0;
  let lost = false;
  let refusing = false;

  const tunnel = await openTunnel({
    to: () => refusing ? undefined : target,
    opened(pair) {
      pair.lost = lost;
      asked.set(pair, { text: "", doomed: false });
      pair.near.once("close", () => asked.delete(pair));
    },
    pass(chunk, pair, from, on) {
      const last = asked.get(pair);
      if (pair.lost || last === undefined) return;
      if (from === "client") {
        last.text = new TextDecoder().decode(chunk.subarray(0, 10_000));
        if (part !== "" && last.text.includes(part)) {
          part = "";
          last.doomed = true;
        }
        return on();
      }
      // An array is the reply to BLPOP, and to no command of a handshake.
      if (new TextDecoder().decode(chunk).includes("*")) last.text = "";
      if (last.doomed) {
        dropped++;
        return tunnel.cut((each) => each === pair);
      }
      if (delayMs === 0) on();
      else setTimeout(on, delayMs);
    },
  });
  return {
    url: tunnel.url,
    get connections() {
      return tunnel.pairs.size;
    },
    get dropped() {
      return dropped;
    },
    pending: (text) =>
      [...asked.values()].filter((last) => last.text.toLowerCase().includes(text.toLowerCase()))
        .length,
    cut: () => tunnel.cut(),
    dropReplyTo: (text) => void (part = text),
    delay: (ms) => void (delayMs = ms),
    blackhole() {
      lost = true;
      for (const pair of tunnel.pairs) pair.lost = true;
    },
    heal() {
      lost = false;
      refusing = false;
      delayMs = 0;
      part = "";
    },
    down() {
      refusing = true;
      tunnel.cut();
    },
    redirect: (other) => void (target = addressOf(other)),
    close: () => tunnel.close(),
  };
}

function addressOf(url: string): { host: string; port: number } {
  return { host: new URL(url).hostname, port: Number(new URL(url).port) };
}
