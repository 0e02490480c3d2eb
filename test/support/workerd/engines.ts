/**
 * The engine of the tests in workerd: Upstash's API in front of a real Redis that the
 * host starts.
 *
 * @module
 */

import { upstash } from "../../../adapters/upstash.ts";
import type { Engine, EngineName } from "../engines.ts";
import type { Cell } from "../suites.ts";
import { ask, remote } from "./host.ts";

/** See the file that this one replaces. */
export const engineName: EngineName = "upstash";

/** See the file that this one replaces. */
export const cell: Cell = "workerd+upstash";

/** See the file that this one replaces. */
export async function openEngine(): Promise<Engine> {
  const { url, front } = await ask<{ url: string; front: { url: string; token: string } }>(
    "host",
    "engine",
  );
  return {
    url,
    admin: remote<Engine["admin"]>("admin", {
      duplicate: () => subscriber() as unknown as Engine["admin"],
    }),
    port: () => upstash(front),
    close: () => Promise.resolve(),
  };
}

/** A subscription with a connection of its own. */
function subscriber(): { subscribe(channel: string): Promise<void>; disconnect(): void } {
  let id: string | undefined;
  return {
    async subscribe(channel) {
      id = await ask<string>("host", "subscribe", [channel]);
    },
    disconnect: () => void ask(id!, "disconnect"),
  };
}
