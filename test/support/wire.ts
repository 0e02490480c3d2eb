/**
 * A network between a client and a server that a test can break: cut it, slow
 * it down, swallow a reply after the command ran, or go silent altogether.
 *
 * @module
 */

import { openTunnel, type Pair } from "../../cli/lab/tunnel.ts";

/** A breakable wire. */
export interface Wire {
  /** Where clients connect instead. */
  readonly url: string;
  /** How many connections stand. */
  readonly connections: number;
  /** How many connections await an array in answer to a request that holds `part`, in any case. */
  pending(part: string): number;
  /** Cuts all connections. New ones are accepted. */
  cut(): void;
  /**
   * Swallows what the server sends next in answer to a request that holds
   * `part`, and cuts that connection: the command ran, its answer is lost.
   */
  dropReplyTo(part: string): void;
  /** How often that happened. */
  readonly dropped: number;
  /** Holds back everything the server sends by `ms` milliseconds. */
  delay(ms: number): void;
  /** Swallows everything, both ways, without closing anything; and new connections as well. */
  blackhole(): void;
  /** Lets new connections through again. Those of the black hole stay in it. */
  heal(): void;
  /** Refuses new connections, and cuts those that stand. */
  down(): void;
  /** Leads new connections to another server. Those that stand stay where they are. */
  redirect(url: string): void;
  /** Cuts everything and stops. */
  close(): Promise<void>;
}

/** Opens a wire to the server at `url`. */
export async function openWire(url: string): Promise<Wire> {
  let target = addressOf(url);
  /** What a connection asked for last, and whether its answer is to be swallowed. */
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
      // An array: what BLPOP answers, and no command of a handshake does.
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
