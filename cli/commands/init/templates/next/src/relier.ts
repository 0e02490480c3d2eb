import { createRelier, type Relier } from "@relier/core";

declare global {
  var relier: Relier | undefined;
}

/** The client of the process, kept across hot reloads: RELIER_REDIS_URL, or redis://127.0.0.1:6379. */
export const relier: Relier = (globalThis.relier ??= createRelier());
