/**
 * A bench for the port suite in workerd: the port is here; the server, the front
 * and the wire to it are the host's.
 *
 * @module
 */

import { upstash } from "../../../adapters/upstash.ts";
import { type PortBench, timeoutMs } from "../../conformance/port.ts";
import type { Wire } from "../wire.ts";
import { ask, obeyed, remote } from "./host.ts";

/** Opens one. */
export async function edgeBench(): Promise<PortBench> {
  const { bench, wire, address } = await ask<{
    bench: string;
    wire: string;
    address: { url: string; token: string };
  }>("host", "openBench");
  const port = upstash({ ...address, timeoutMs });
  let dropped = 0;
  return {
    port: {
      ...port,
      // A wire is told in passing; here that is a request, which may be slower than the call.
      async run(...call) {
        await obeyed();
        try {
          return await port.run(...call);
        } finally {
          dropped = await ask<number>(bench, "dropped");
        }
      },
    },
    wire: remote<Wire>(wire, {
      get dropped() {
        return dropped;
      },
    }),
    admin: (command) => ask(bench, "admin", [command]),
    async close() {
      await port.close();
      await ask(bench, "close");
    },
  };
}
