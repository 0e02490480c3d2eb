/**
 * The dashboard as an application of its own, to mount anywhere.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { RedisError, type Relier, RelierError } from "../../mod.ts";
import { exposition, expositionType } from "../../core/console/prometheus.ts";
import { queueMetrics, readMetricsInput } from "../../core/console/queue_metrics.ts";
import { usedQueues } from "../../core/console/queue_rates.ts";
import { fieldsOf, perform, returnPath } from "./actions/perform.ts";
import { assets } from "./generated/assets.ts";
import { type Authenticator, createAuthenticator, type DashboardAuth } from "./access/auth.ts";
import { addSignIn, denyAccess } from "./access/sign_in.ts";
import { isSameOrigin, limitBody, securityHeaders } from "./access/security_headers.ts";
import { type Html, html } from "./ui/html.ts";
import { createSnapshotCache, type SnapshotCache } from "./live/cache.ts";
import { bare, layout } from "./ui/layout.ts";
import { liveStream } from "./live/stream.ts";
import { InvalidForm, type Page, PageNotFound, type RequestContext } from "./page.ts";
import {
  baseOf,
  type DashboardContext,
  type DashboardEnv,
  frameOf,
  preferencesOf,
  rootOf,
} from "./access/request_context.ts";
import { suffices } from "./access/role.ts";
import { actions, downloads, pages } from "./routes.ts";
import { refreshMs } from "./ui/preferences.ts";

/** Options of a dashboard. */
export interface DashboardOptions<T = Context> {
  /** How people get in. There is no default. */
  auth: DashboardAuth<T>;
  /** Nobody does anything through it, whatever their role: nothing is there to post to. */
  readOnly?: boolean;
}

const knownOptions = ["auth", "readOnly"];
const noticeCookie = "rl_said";
/** What a form may hold besides a payload. */
const mostBytes = 4_000_000;

/**
 * A dashboard of everything `rl` sees, wherever it is mounted. `fit` makes of the context
 * what the function of option `auth` is given.
 *
 * @throws TypeError, RangeError without a sound `auth`.
 */
export function dashboardApp<T>(
  rl: Relier,
  options: DashboardOptions<T>,
  fit: (c: Context) => T,
): Hono {
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
  const door = createAuthenticator(auth, fit);
  const hub = createSnapshotCache(rl);
  const app = new Hono<DashboardEnv>();
  const ask = (c: DashboardContext): RequestContext => askOf(c, rl, hub, readOnly);

  app.use("*", securityHeaders);
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
  if (door.usesToken) addSignIn(app, door);
  app.use("*", async (c, next) => {
    const user = await door.userOf(c);
    if (!user) return denyAccess(c, door);
    c.set("user", user);
    return await next();
  });
  app.get("/metrics", async (c) => {
    const look = await usedQueues(rl).then((queues) => readMetricsInput(rl, queues)).catch(() =>
      undefined
    );
    return c.body(exposition(queueMetrics(look)), 200, { "Content-Type": expositionType });
  });
  for (const page of pages) {
    app.get(page.path, async (c) => await show(c, await page.view(ask(c)), door, ask(c)));
    app.get(`/live${page.path === "/" ? "/" : page.path}`, (c) => liveOf(c, page, ask(c), hub));
  }
  for (const { path, role, answer } of downloads) {
    app.get(path, async (c) => {
      if (suffices(c.get("user").role, role)) return await answer(ask(c));
      return await c.html(
        bare("Not allowed", html`<h1>This takes the role "${role}"</h1>`, frameOf(c)) as string,
        403,
      );
    });
  }
  if (!readOnly) app.post("/act/:name", limitBody(mostBytes), (c) => actOn(c, ask(c), door, hub));
  app.all("*", (c) => {
    // Hono mounts "/at" without "/at/", and our own links lead there.
    if (c.req.path === `${rootOf(c)}/` && c.req.method === "GET") return show0(c);
    throw new PageNotFound("There is no such page");
  });
  app.onError((error, c) => failed(error, c as DashboardContext));
  return app as unknown as Hono;

  async function show0(c: DashboardContext): Promise<Response> {
    return await show(c, await pages[0]!.view(ask(c)), door, ask(c));
  }
}

function askOf(
  c: DashboardContext,
  rl: Relier,
  hub: SnapshotCache,
  readOnly: boolean,
): RequestContext {
  const user = c.get("user");
  const url = new URL(c.req.url);
  const path = url.pathname.slice(rootOf(c).length).replace(/^\/(live\/)?/, "");
  return {
    rl,
    snapshot: hub.snapshot,
    user,
    may: (role) => suffices(user.role, role) && (role === "viewer" || !readOnly),
    showsPayloads: user.role !== "viewer",
    params: c.req.param() as Record<string, string>,
    query: url.searchParams,
    location: `${path}${url.search}`,
    isRefresh: false,
    now: Date.now(),
  };
}

async function show(
  c: DashboardContext,
  view: Awaited<ReturnType<Page["view"]>>,
  door: Authenticator,
  ask: RequestContext,
  status: 200 | 400 | 403 | 404 | 409 | 503 = 200,
): Promise<Response> {
  const notice = getCookie(c, noticeCookie);
  if (notice !== undefined) deleteCookie(c, noticeCookie, { path: baseOf(c) || "/" });
  const page: Html = layout(ask, view, { ...frameOf(c), notice }, pages, door.usesToken);
  return await c.html(page as string, status);
}

function liveOf(
  c: DashboardContext,
  page: Page,
  ask: RequestContext,
  hub: SnapshotCache,
): Response {
  // Who may see the same is shown the same.
  const key = `${ask.user.role} ${ask.location}`;
  const parts = async () => {
    const { live: parts = [] } = await page.view({ ...ask, isRefresh: true, now: Date.now() });
    return Object.fromEntries(parts.map(({ id, inner }) => [id, String(inner)]));
  };
  return liveStream(c, () => hub.shared(key, parts), refreshMs(preferencesOf(c)));
}

async function actOn(
  c: DashboardContext,
  ask: RequestContext,
  door: Authenticator,
  hub: SnapshotCache,
): Promise<Response> {
  if (!isSameOrigin(c)) return c.text("This form was not sent by a page of this dashboard", 403);
  const act = actions.find(({ name }) => name === c.req.param("name"));
  if (!act) throw new PageNotFound("There is no such act");
  const fields = fieldsOf(await c.req.parseBody({ all: true }));
  const done = await perform(act, ask, fields);
  hub.invalidate(); // The page that follows shows what it did.
  const base = baseOf(c);
  const back = ("back" in done && done.back) || returnPath(fields);
  if ("said" in done) {
    // In a cookie: what stands in an address may have been put there by anybody.
    setCookie(c, noticeCookie, done.said.slice(0, 500), {
      path: base || "/",
      httpOnly: true,
      sameSite: "Strict",
      maxAge: 30,
    });
    return c.redirect(`${base}/${back}`, 303);
  }
  if ("shown" in done) {
    return await show(c, { title: act.name, body: done.shown }, door, ask, done.status);
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

function failed(error: unknown, c: DashboardContext): Response | Promise<Response> {
  const [status, title, text] = error instanceof InvalidForm
    ? [400 as const, "That cannot be done", error.message]
    : error instanceof PageNotFound || RelierError.is(error, "RL_NOT_FOUND")
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
