/**
 * A bench for the port suite in workerd. The port runs here; the server, the front and
 * the wire belong to the host.
 *
 * @module
 */

import { upstash } from "../../../adapters/upstash.ts";
import { type PortBench, timeoutMs } from "../../conformance/port.ts";
import type { Wire } from "../wire.ts";
import { ask, obeyed, remote } from "./host.ts";

/** Opens a bench. */
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
      // A change of the wire takes effect at once elsewhere. Here it is a request, which may be
      // slower than the call.
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
