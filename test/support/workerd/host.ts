/**
 * Calls from workerd to objects in the Node.js process that started it, one request
 * each.
 *
 * @module
 */

import { deserialize, serialize } from "./serialization.ts";

let address = "";
let last: Promise<unknown> = Promise.resolve();

/** Sets the address of the host. */
export function useHost(url: string): void {
  address = url;
}

/** Calls the method `name` of the host's object `on`, after all calls before it. */
export function ask<T>(on: string, name: string, args: readonly unknown[] = []): Promise<T> {
  const call = last.then(async () => {
    const response = await fetch(address, { method: "POST", body: serialize({ on, name, args }) });
    const { value, error } = deserialize(await response.text()) as { value?: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return value as T;
  });
  last = call.catch(() => {});
  return call;
}

/** Resolves when the host has finished all calls. */
export async function obeyed(): Promise<void> {
  await last;
}

/** The host's object `on`, every method of which is a call. */
export function remote<T extends object>(on: string, own: Partial<T> = {}): T {
  return new Proxy(own as T, {
    get(_, name) {
      if (typeof name === "symbol" || name === "then") return undefined;
      return Reflect.get(own, name) ?? ((...args: unknown[]) => ask(on, name, args));
    },
  });
}
