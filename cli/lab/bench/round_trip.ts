/**
 * The time of a script call that does nothing: the floor of every call of Relier.
 *
 * @module
 */

import { program } from "../../processes/find_program.ts";
import type { Lab } from "./lab.ts";

const nothing = program("nothing", "return 0");

/** Times one call, in ms. */
export async function roundTrip({ port, prefix }: Lab): Promise<number> {
  const began = performance.now();
  await port.run(nothing, [`${prefix}:{latency~0}:nothing`], []);
  return performance.now() - began;
}
