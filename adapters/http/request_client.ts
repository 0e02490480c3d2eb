/**
 * The client of each request, for frameworks whose requests have no room for it.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";

const clients = new WeakMap<object, Relier>();

/** Gives `request` a client. */
export function setClient(request: object, client: Relier): void {
  clients.set(request, client);
}

/**
 * The client of a request; after `admission()` it pushes for the tenant.
 *
 * @throws TypeError if `relier()` did not run before.
 */
export function relierOf(request: object): Relier {
  const own = clients.get(request);
  if (own) return own;
  throw new TypeError("Cannot find the client of the request: put relier() before this middleware");
}
