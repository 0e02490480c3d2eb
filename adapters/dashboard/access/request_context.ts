/**
 * Where the dashboard is, and how whoever asks likes it.
 *
 * @module
 */

import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { basePath } from "hono/route";
import type { Frame } from "../ui/layout.ts";
import type { DashboardUser } from "./role.ts";
import { type Preferences, readPreferences } from "../ui/preferences.ts";

/** What a server of Node's says besides the request: where Express has mounted it. */
export interface DashboardEnv {
  readonly Bindings: { readonly incoming?: unknown; readonly prefix?: unknown };
  readonly Variables: { readonly user: Required<DashboardUser> };
}

/** A request on its way through the dashboard. */
export type DashboardContext = Context<DashboardEnv>;

/** What a page is put into. */
export function frameOf(c: DashboardContext): Frame {
  return { base: baseOf(c), preferences: preferencesOf(c) };
}

/** How whoever asks likes it. */
export function preferencesOf(c: DashboardContext): Preferences {
  return readPreferences((name) => getCookie(c, name));
}

/** Where browsers find it, without a slash behind: what Express took off, and Hono's own part. */
export function baseOf(c: DashboardContext): string {
  const { incoming, prefix } = c.env ?? {};
  return `${incoming && typeof prefix === "string" ? prefix : ""}${rootOf(c)}`.replace(/\/$/, "");
}

/** Where it is mounted in the application of Hono around it, without a slash behind. */
export function rootOf(c: DashboardContext): string {
  return basePath(c).replace(/\/$/, "");
}
