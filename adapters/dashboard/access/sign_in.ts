/**
 * The ways in and out: a token in an address or a form, and what strangers see.
 *
 * @module
 */

import type { Hono } from "hono";
import { deleteCookie } from "hono/cookie";
import { type Authenticator, sessionCookie } from "./auth.ts";
import { isSameOrigin, limitBody } from "./security_headers.ts";
import { html } from "../ui/html.ts";
import { bare } from "../ui/layout.ts";
import {
  baseOf,
  type DashboardContext,
  type DashboardEnv,
  frameOf,
  rootOf,
} from "./request_context.ts";

/** What a form with a token may hold, in bytes: anybody can send one. */
const mostOfToken = 10_000;

/** The form for a token, and the ways in and out. */
export function addSignIn(app: Hono<DashboardEnv>, door: Authenticator): void {
  app.get("*", async (c, next) => {
    const token = c.req.query("token");
    if (token === undefined) return await next();
    const answer = await door.signIn(c, token, baseOf(c) || "/");
    if (answer !== "in") return await form(c, answer);
    // What stays in the address bar and in the history holds no token.
    const url = new URL(c.req.url);
    url.searchParams.delete("token");
    const path = url.pathname.slice(rootOf(c).length).replace(/^\/+/, "/");
    return c.redirect(`${baseOf(c)}${path}${url.search}`);
  });
  app.post("/enter", limitBody(mostOfToken), async (c) => {
    if (!isSameOrigin(c)) return c.text("This form was not sent by a page of this dashboard", 403);
    const { token } = await c.req.parseBody();
    const answer = await door.signIn(c, typeof token === "string" ? token : "", baseOf(c) || "/");
    return answer === "in" ? c.redirect(`${baseOf(c)}/`, 303) : await form(c, answer);
  });
  app.post("/leave", (c) => {
    if (!isSameOrigin(c)) return c.text("This form was not sent by a page of this dashboard", 403);
    deleteCookie(c, sessionCookie, { path: baseOf(c) || "/" });
    return c.redirect(`${baseOf(c)}/`, 303);
  });
}

/** What a stranger is told. */
export function denyAccess(c: DashboardContext, door: Authenticator): Response | Promise<Response> {
  if (c.req.path.startsWith(`${rootOf(c)}/live/`)) return c.text("not signed in", 401);
  if (door.usesToken) return form(c);
  return c.html(
    bare("Not allowed", html`<h1>You are not let in here</h1>`, frameOf(c)) as string,
    403,
  );
}

function form(c: DashboardContext, answer?: "wrong" | "wait"): Response | Promise<Response> {
  const why = answer === "wait"
    ? "Too many wrong tokens: wait a minute."
    : answer === "wrong"
    ? "This is not the token."
    : "";
  const body =
    html`<form method="post" action="enter" class="panel enter"><h1><b>rl</b> dashboard</h1>
    <p id="why" role="alert">${why}</p><label>Token<input name="token" type="password" required autofocus
      autocomplete="current-password" aria-describedby="why"></label><button>Enter</button></form>`;
  if (answer === "wait") c.header("Retry-After", "60");
  return c.html(bare("Enter", body, frameOf(c)) as string, answer === "wait" ? 429 : 401);
}
