/**
 * A network between a client and a server that a test can break: cut it, slow
 * it down, swallow a reply after the command ran, or go silent altogether.
 *
 * @module
 */

import { connect, createServer, type Socket } from "node:net";

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
  const pairs = new Set<
    { near: Socket; far: Socket; lost: boolean; doomed: boolean; asked: string }
  >();
  let part = "";
  let dropped = 0;
  let delayMs = 0;
  let lost = false;
  let refusing = false;

  const server = createServer((near) => {
    if (refusing) return void near.destroy();
    const far = connect(target);
    const pair = { near, far, lost, doomed: false, asked: "" };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    near.setNoDelay(true);
    far.setNoDelay(true);
    near.on("error", end).on("close", end);
    far.on("error", end).on("close", end);
    near.on("data", (chunk) => {
      if (pair.lost) return;
      pair.asked = new TextDecoder().decode(chunk.subarray(0, 10_000));
      if (part !== "" && pair.asked.includes(part)) {
        part = "";
        pair.doomed = true;
      }
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (pair.lost) return;
      // An array: what BLPOP answers, and no command of a handshake does.
      if (new TextDecoder().decode(chunk).includes("*")) pair.asked = "";
      if (pair.doomed) {
        dropped++;
        return end();
      }
      if (delayMs === 0) near.write(chunk);
      else setTimeout(() => near.writable && near.write(chunk), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address!.port : 0;

  const cut = () => {
    for (const { near, far } of [...pairs]) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    get dropped() {
      return dropped;
    },
    pending: (text) =>
      [...pairs].filter(({ asked }) => asked.toLowerCase().includes(text.toLowerCase())).length,
    cut,
    dropReplyTo: (text) => void (part = text),
    delay: (ms) => void (delayMs = ms),
    blackhole() {
      lost = true;
      for (const pair of pairs) pair.lost = true;
    },
    heal() {
      lost = false;
      refusing = false;
      delayMs = 0;
      part = "";
    },
    down() {
      refusing = true;
      cut();
    },
    redirect: (other) => void (target = addressOf(other)),
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function addressOf(url: string): { host: string; port: number } {
  return { host: new URL(url).hostname, port: Number(new URL(url).port) };
}
