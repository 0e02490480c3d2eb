/**
 * The dashboard as an application of its own, to mount anywhere.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { basePath } from "hono/route";
import { RedisError, type Relier, RelierError } from "../../mod.ts";
import { backOf, fieldsOf, perform } from "./acts.ts";
import { assets } from "./assets.ts";
import { createDoor, type DashboardAuth, type Door, sessionCookie } from "./auth.ts";
import { guarded, isOurs } from "./guard.ts";
import { type Html, html } from "./html.ts";
import { createHub, type Hub } from "./hub.ts";
import { bare, type Frame, layout, type Theme, themes } from "./layout.ts";
import { live } from "./live.ts";
import { type Ask, BadForm, NotHere, type Page } from "./page.ts";
import { type DashboardUser, suffices } from "./role.ts";
import { acts, pages } from "./site.ts";

/** Options of {@linkcode dashboard}. */
export interface DashboardOptions {
  /** How people get in. There is no default. */
  auth: DashboardAuth;
  /** Nobody does anything through it, whatever their role: nothing is there to post to. */
  readOnly?: boolean;
}

/** What a server of Node's says besides the request: where Express has mounted it. */
interface Env {
  readonly Bindings: { readonly incoming?: unknown; readonly prefix?: unknown };
  readonly Variables: { readonly user: Required<DashboardUser> };
}

type C = Context<Env>;

const knownOptions = ["auth", "readOnly"];
const saidCookie = "rl_said";
const themeCookie = "rl_theme";
/** What a form may hold besides a payload. */
const mostBytes = 4_000_000;

/**
 * A dashboard of everything `rl` sees. It answers under wherever it is mounted.
 *
 * @throws TypeError, RangeError without a sound `auth`.
 */
export function dashboard(rl: Relier, options: DashboardOptions): Hono {
  const { auth, readOnly = false, ...others } = options ?? {};
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot use option "${unknown}" of dashboard(): there is no such option: allowed are ${
        knownOptions.join(", ")
      }`,
    );
  }
  if (typeof readOnly !== "boolean") {
    throw new TypeError('Cannot use option "readOnly" of dashboard(): it must be true or false');
  }
  const door = createDoor(auth);
  const hub = createHub(rl);
  const app = new Hono<Env>();
  const ask = (c: C): Ask => askOf(c, rl, hub, readOnly);

  app.use("*", guarded);
  app.get("/assets/:name", (c) => {
    const asset = assets[c.req.param("name")];
    if (!asset) return c.notFound();
    const { type, text } = asset;
    // Its name changes with it.
    return c.body(text, 200, {
      "Content-Type": type,
      "Cache-Control": "public, max-age=31536000, immutable",
    });
  });
  if (door.asksToken) entrance(app, door);
  app.use("*", async (c, next) => {
    const user = await door.userOf(c);
    if (!user) return stranger(c, door);
    c.set("user", user);
    return await next();
  });
  for (const page of pages) {
    app.get(page.path, async (c) => await show(c, await page.view(ask(c)), door, ask(c)));
    app.get(`/live${page.path === "/" ? "/" : page.path}`, (c) => liveOf(c, page, ask(c), hub));
  }
  if (!readOnly) app.post("/act/:name", (c) => actOn(c, ask(c), door));
  app.all("*", (c) => {
    // Hono mounts "/at" without "/at/", and our own links lead there.
    if (c.req.path === `${rootOf(c)}/` && c.req.method === "GET") return show0(c);
    throw new NotHere("There is no such page");
  });
  app.onError((error, c) => failed(error, c as C));
  return app as unknown as Hono;

  async function show0(c: C): Promise<Response> {
    return await show(c, await pages[0]!.view(ask(c)), door, ask(c));
  }
}

/** The form for a token, and the ways in and out. */
function entrance(app: Hono<Env>, door: Door): void {
  app.get("*", async (c, next) => {
    const token = c.req.query("token");
    if (token === undefined) return await next();
    const answer = await door.enter(c, token, baseOf(c) || "/");
    if (answer !== "in") return await form(c, answer);
    // What stays in the address bar and in the history holds no token.
    const url = new URL(c.req.url);
    url.searchParams.delete("token");
    return c.redirect(`${baseOf(c)}${url.pathname.slice(rootOf(c).length)}${url.search}`);
  });
  app.post("/enter", async (c) => {
    if (!isOurs(c)) return c.text("This form was not sent by a page of this dashboard", 403);
    const { token } = await c.req.parseBody();
    const answer = await door.enter(c, typeof token === "string" ? token : "", baseOf(c) || "/");
    return answer === "in" ? c.redirect(`${baseOf(c)}/`, 303) : await form(c, answer);
  });
  app.post("/leave", (c) => {
    if (!isOurs(c)) return c.text("This form was not sent by a page of this dashboard", 403);
    deleteCookie(c, sessionCookie, { path: baseOf(c) || "/" });
    return c.redirect(`${baseOf(c)}/`, 303);
  });
}

function stranger(c: C, door: Door): Response | Promise<Response> {
  if (c.req.path.startsWith(`${rootOf(c)}/live/`)) return c.text("not signed in", 401);
  if (door.asksToken) return form(c);
  return c.html(
    bare("Not allowed", html`<h1>You are not let in here</h1>`, frameOf(c)) as string,
    403,
  );
}

function form(c: C, answer?: "wrong" | "wait"): Response | Promise<Response> {
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

function askOf(c: C, rl: Relier, hub: Hub, readOnly: boolean): Ask {
  const user = c.get("user");
  const url = new URL(c.req.url);
  const path = url.pathname.slice(rootOf(c).length).replace(/^\/(live\/)?/, "");
  return {
    rl,
    look: hub.look,
    user,
    may: (role) => suffices(user.role, role) && (role === "viewer" || !readOnly),
    showsPayloads: user.role !== "viewer",
    params: c.req.param() as Record<string, string>,
    query: url.searchParams,
    here: `${path}${url.search}`,
    now: Date.now(),
  };
}

async function show(
  c: C,
  view: Awaited<ReturnType<Page["view"]>>,
  door: Door,
  ask: Ask,
  status: 200 | 400 | 403 | 404 | 409 | 503 = 200,
): Promise<Response> {
  const said = getCookie(c, saidCookie);
  if (said !== undefined) deleteCookie(c, saidCookie, { path: baseOf(c) || "/" });
  const page: Html = layout(ask, view, { ...frameOf(c), said }, pages, door.asksToken);
  return await c.html(page as string, status);
}

function liveOf(c: C, page: Page, ask: Ask, hub: Hub): Response {
  // Who may see the same is shown the same.
  const key = `${ask.user.role} ${ask.here}`;
  return live(c, () =>
    hub.shared(key, async () => {
      const { live: parts = [] } = await page.view({ ...ask, now: Date.now() });
      return Object.fromEntries(parts.map(({ id, inner }) => [id, String(inner)]));
    }));
}

async function actOn(c: C, ask: Ask, door: Door): Promise<Response> {
  if (!isOurs(c)) return c.text("This form was not sent by a page of this dashboard", 403);
  if (Number(c.req.header("content-length") ?? 0) > mostBytes) throw new BadForm("It is too long");
  const act = acts.find(({ name }) => name === c.req.param("name"));
  if (!act) throw new NotHere("There is no such act");
  const fields = fieldsOf(await c.req.parseBody());
  const done = await perform(act, ask, fields);
  const base = baseOf(c);
  const back = backOf(fields);
  if ("said" in done) {
    // In a cookie: what stands in an address may have been put there by anybody.
    setCookie(c, saidCookie, done.said.slice(0, 500), {
      path: base || "/",
      httpOnly: true,
      sameSite: "Strict",
      maxAge: 30,
    });
    return c.redirect(`${base}/${back}`, 303);
  }
  if ("ask" in done) return await show(c, { title: "Are you sure?", body: done.ask }, door, ask);
  const body = html`
    <section class="panel">
      <h1>That was not done</h1>
      <p>${done.refused}</p>
      <p><a class="button" href="${back === "" ? `${base}/` : back}">Back</a></p>
    </section>
  `;
  return await show(c, { title: "Not done", body }, door, ask, done.status);
}

function failed(error: unknown, c: C): Response | Promise<Response> {
  const [status, title, text] = error instanceof BadForm
    ? [400 as const, "That cannot be done", error.message]
    : error instanceof NotHere || RelierError.is(error, "RL_NOT_FOUND")
    ? [404 as const, "Not here", (error as Error).message]
    : error instanceof TypeError || error instanceof RangeError
    ? [400 as const, "That cannot be shown", error.message]
    : error instanceof RedisError || RelierError.is(error)
    ? [503 as const, "Redis does not answer", "This page needs it. Look again in a moment."]
    : [500 as const, "This page is broken", "What went wrong is in the log of its server."];
  if (status === 500) console.error("[relier] dashboard:", error);
  const body = html`
    <section class="panel">
      <h1>${title}</h1>
      <p>${text}</p>
      <p><a class="button" href="${baseOf(c)}/">Overview</a></p>
    </section>
  `;
  return c.html(bare(title, body, frameOf(c)) as string, status);
}

function frameOf(c: C): Frame {
  const theme = getCookie(c, themeCookie);
  return {
    base: baseOf(c),
    theme: themes.find((each): each is Theme => each === theme) ?? "system",
  };
}

/** Where browsers find it, without a slash behind: what Express took off, and Hono's own part. */
function baseOf(c: C): string {
  const { incoming, prefix } = c.env ?? {};
  return `${incoming && typeof prefix === "string" ? prefix : ""}${rootOf(c)}`.replace(/\/$/, "");
}

/** Where it is mounted in the application of Hono around it, without a slash behind. */
function rootOf(c: C): string {
  return basePath(c).replace(/\/$/, "");
}
