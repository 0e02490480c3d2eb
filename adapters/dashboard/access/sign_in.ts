/**
 * Signing in and out: by a token in the address or in a form; and the pages that users
 * without access see.
 *
 * @module
 */

import type { Hono } from "hono";
import type { Authenticator, SignInResult } from "./auth.ts";
import { limitBody, sameOriginOnly } from "./security_headers.ts";
import { html } from "../ui/html.ts";
import { bare } from "../ui/layout.ts";
import {
  baseOf,
  type DashboardContext,
  type DashboardEnv,
  frameOf,
  rootOf,
} from "./request_context.ts";

/** The largest sign-in form, in bytes: it is read before the user is known. */
const maxSignInBytes = 10_000;

/** Adds the routes for signing in and out. */
export function addSignIn(app: Hono<DashboardEnv>, authenticator: Authenticator): void {
  app.get("*", async (c, next) => {
    const token = c.req.query("token");
    if (token === undefined) return await next();
    const result = await authenticator.signIn(c, token, baseOf(c) || "/");
    if (result !== "in") return await signInForm(c, result);
    // The redirect keeps the token out of the address bar and the history.
    const url = new URL(c.req.url);
    url.searchParams.delete("token");
    const path = url.pathname.slice(rootOf(c).length).replace(/^\/+/, "/");
    return c.redirect(`${baseOf(c)}${path}${url.search}`);
  });
  app.post("/enter", limitBody(maxSignInBytes), sameOriginOnly, async (c) => {
    const { token } = await c.req.parseBody();
    const text = typeof token === "string" ? token : "";
    const result = await authenticator.signIn(c, text, baseOf(c) || "/");
    return result === "in" ? c.redirect(`${baseOf(c)}/`, 303) : await signInForm(c, result);
  });
  app.post("/leave", sameOriginOnly, async (c) => {
    await authenticator.signOut(c, baseOf(c) || "/");
    return c.redirect(`${baseOf(c)}/`, 303);
  });
}

/** The response to a user without access. */
export function denyAccess(
  c: DashboardContext,
  authenticator: Authenticator,
): Response | Promise<Response> {
  if (c.req.path.startsWith(`${rootOf(c)}/live/`)) return c.text("Unauthorized", 401);
  if (authenticator.usesToken) return signInForm(c);
  const body = html`
    <section class="panel">
      <h1>Access denied</h1>
      <p>Your account has no role in this
        dashboard. The application decides that in option <code>auth</code>.</p>
    </section>
  `;
  return c.html(bare("Access denied", body, frameOf(c)), 403);
}

const problems: Readonly<Record<SignInResult, string>> = {
  in: "",
  wrong: "Wrong token.",
  wait: "Wrong token, after many wrong ones: check it, and try again in a minute.",
};

function signInForm(
  c: DashboardContext,
  result: SignInResult = "in",
): Response | Promise<Response> {
  const body = html`
    <form method="post" action="enter" class="panel enter">
      <h1>Sign in</h1>
      <p id="why" role="alert">${problems[result]}</p>
      <label>Token<input name="token" type="password" required autofocus
        autocomplete="current-password" aria-describedby="why"></label><button>Sign in</button>
      <details><summary>Where is the token?</summary>
      <ul class="plain">
        <li><code>rl dashboard</code> and <code>rl cluster up</code> print an address that contains it.</li>
        <li><code>rl dashboard</code> takes your own from <code>RELIER_DASHBOARD_TOKEN</code>.</li>
        <li>An application sets it in <code>dashboard(rl, { auth: { token } })</code>.</li>
      </ul></details>
    </form>
  `;
  if (result === "wait") c.header("Retry-After", "60");
  return c.html(bare("Sign in", body, frameOf(c)), result === "wait" ? 429 : 401);
}
