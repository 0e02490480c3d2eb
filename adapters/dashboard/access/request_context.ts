/**
 * Facts about a request that need no Redis: the mount path and the user's preferences.
 *
 * @module
 */

import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { basePath } from "hono/route";
import type { Frame } from "../ui/layout.ts";
import type { DashboardUser } from "./role.ts";
import { type Preferences, readPreferences } from "../ui/preferences.ts";

/** Types of the dashboard's app; the bindings are those of a Node.js server. */
export interface DashboardEnv {
  readonly Bindings: { readonly incoming?: unknown; readonly prefix?: unknown };
  readonly Variables: { readonly user: Required<DashboardUser> };
}

/** The context of Hono in the dashboard. */
export type DashboardContext = Context<DashboardEnv>;

/** The facts of a request that the layout needs. */
export function frameOf(c: DashboardContext): Frame {
  return { base: baseOf(c), preferences: preferencesOf(c) };
}

/** The preferences that the browser remembers. */
export function preferencesOf(c: DashboardContext): Preferences {
  return readPreferences((name) => getCookie(c, name));
}

/** The mount path as browsers see it, in Express and in Hono, without a slash at its end. */
export function baseOf(c: DashboardContext): string {
  const { incoming, prefix } = c.env ?? {};
  return `${incoming && typeof prefix === "string" ? prefix : ""}${rootOf(c)}`.replace(/\/$/, "");
}

/** The mount path in the app of Hono around the dashboard, without a slash at its end. */
export function rootOf(c: DashboardContext): string {
  return basePath(c).replace(/\/$/, "");
}
