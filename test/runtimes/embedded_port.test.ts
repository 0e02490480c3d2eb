/**
 * The port contract on the embedded engine, through ioredis.
 *
 * @module
 */

import { memory } from "../../adapters/memory.ts";
import { portSuite } from "../conformance/port.ts";
import { portBench } from "../support/port_bench.ts";

const noWait = "the engine has no WAIT";

portSuite("ioredis on the embedded engine", async () => {
  const engine = memory();
  return await portBench(await engine.serve(), engine.close);
}, {
  skip: {
    "confirm by replicas that do not exist is unknown, says how many, and ran": noWait,
    "an unconfirmed call does not hold up the others": noWait,
    "close() leaves no connection of the port behind": noWait,
  },
});
