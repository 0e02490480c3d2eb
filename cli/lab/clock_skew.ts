/**
 * Skews the date of this process: ahead, then behind by the same offset, again and
 * again. Clocks that do not follow the date, such as `performance.now()`, stay right.
 *
 * @module
 */

import process from "node:process";

const byMs = Number(process.env["RELIER_CHAOS_SKEW_MS"] ?? 0);
const everyMs = 700;
const Real = Date;
const since = performance.now();

function offset(): number {
  return Math.floor((performance.now() - since) / everyMs) % 2 === 0 ? byMs : -byMs;
}

globalThis.Date = new Proxy(Real, {
  construct: (target, args: []) =>
    args.length === 0 ? new target(target.now() + offset()) : new target(...args),
  apply: (target) => new target(target.now() + offset()).toString(),
  get: (target, name, receiver) =>
    name === "now" ? () => target.now() + offset() : Reflect.get(target, name, receiver),
});
