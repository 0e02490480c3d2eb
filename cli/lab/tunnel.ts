/**
 * TCP connections that pass through this process, so that it can change the traffic.
 *
 * @module
 */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A connection from a client, and its connection to the server. */
export interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** True while its chunks are dropped and both connections stay open. */
  lost: boolean;
}

/** The treatment of traffic. */
export interface Passage {
  /** The target of a new connection; undefined refuses it. */
  to(): { readonly host: string; readonly port: number } | undefined;
  /** Called when a connection opens. */
  opened?(pair: Pair): void;
  /** Called for each chunk, from the client or from the server; `on` passes it on. */
  pass(chunk: Uint8Array, pair: Pair, from: "client" | "server", on: () => void): void;
  /** True hides the close of one side from the other. */
  hides?(pair: Pair): boolean;
}

/** An open tunnel. */
export interface Tunnel {
  /** The URL for clients. */
  readonly url: string;
  readonly pairs: ReadonlySet<Pair>;
  /** Closes all connections, or some of them. */
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
