/**
 * Connections that lead through this process, so that something can be done to
 * what passes.
 *
 * @module
 */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A connection from a client, and the one it leads to. */
export interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** Whether it leads nowhere, without a word to either side. */
  lost: boolean;
}

/** What is done to what passes. */
export interface Passage {
  /** Where a new connection leads; nowhere if undefined, then it is refused. */
  to(): { readonly host: string; readonly port: number } | undefined;
  /** A connection stands. */
  opened?(pair: Pair): void;
  /** A chunk has come, from the client or from the server, and `on` takes it on. */
  pass(chunk: Uint8Array, pair: Pair, from: "client" | "server", on: () => void): void;
  /** Whether the end of one side is kept from the other. */
  hides?(pair: Pair): boolean;
}

/** Connections that lead through this process. */
export interface Tunnel {
  /** Where clients connect. */
  readonly url: string;
  readonly pairs: ReadonlySet<Pair>;
  /** Cuts what stands, or some of it. */
  cut(which?: (pair: Pair) => boolean): void;
  close(): Promise<void>;
}

/** Opens a tunnel on a free port of this machine. */
export async function openTunnel(passage: Passage): Promise<Tunnel> {
  const pairs = new Set<Pair>();
  const server = createServer((near) => {
    const target = passage.to();
    if (target === undefined) return void near.destroy();
    const far = connect(target);
    const pair: Pair = { near, far, lost: false };
    pairs.add(pair);
    passage.opened?.(pair);
    for (const [from, to, name] of [[near, far, "client"], [far, near, "server"]] as const) {
      from.setNoDelay(true);
      from.on(
        "data",
        (chunk) => passage.pass(chunk, pair, name, () => to.writable && to.write(chunk)),
      );
      from.on("error", () => {});
      from.on("close", () => {
        pairs.delete(pair);
        if (!passage.hides?.(pair)) to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (which: (pair: Pair) => boolean = () => true): void => {
    for (const pair of [...pairs].filter(which)) {
      pair.near.destroy();
      pair.far.destroy();
    }
  };
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pairs,
    cut,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
