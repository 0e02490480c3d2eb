/**
 * Saves the preferences of a user whose browser runs no script.
 *
 * @module
 */

import { setCookie } from "hono/cookie";
import { returnPath } from "../actions/perform.ts";
import { choices } from "../ui/preferences.ts";
import { baseOf, type DashboardContext } from "./request_context.ts";

/** Sets a cookie for each preference in the query, and returns to its page. */
export function savePreferences(c: DashboardContext): Response {
  const fields = c.req.query();
  const base = baseOf(c);
  for (const [name, all] of Object.entries(choices)) {
    const value = all.find((each) => each === fields[name]);
    if (value === undefined) continue;
    setCookie(c, `rl_${name}`, value, {
      path: base || "/",
      sameSite: "Strict",
      maxAge: 31_536_000,
    });
  }
  return c.redirect(`${base}/${returnPath(fields)}`, 303);
}
