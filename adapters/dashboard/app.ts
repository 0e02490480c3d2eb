/**
 * The dashboard as an app of Hono, to be mounted anywhere.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { booleanOption, knownOptions } from "../../core/base/options.ts";
import { RedisError, type Relier, RelierError } from "../../mod.ts";
import { exposition, expositionType } from "../../core/console/prometheus.ts";
import { queueMetrics, readListedMetrics } from "../../core/console/queue_metrics.ts";
import { fieldsOf, perform, returnPath } from "./actions/perform.ts";
import { assets } from "./generated/assets.ts";
import { type Authenticator, createAuthenticator, type DashboardAuth } from "./access/auth.ts";
import { addSignIn, denyAccess } from "./access/sign_in.ts";
import { addSecurityHeaders, limitBody, sameOriginOnly } from "./access/security_headers.ts";
import { html } from "./ui/html.ts";
import { createSnapshotCache, type SnapshotCache } from "./live/cache.ts";
import { bare, layout, messagePanel } from "./ui/layout.ts";
import { liveStream } from "./live/stream.ts";
import {
  InvalidForm,
  type Page,
  PageNotFound,
  type RequestContext,
  type SystemFacts,
  type View,
} from "./page.ts";
import {
  baseOf,
  type DashboardContext,
  type DashboardEnv,
  frameOf,
  preferencesOf,
  rootOf,
} from "./access/request_context.ts";
import { suffices } from "./access/role.ts";
import { forgetDead } from "./pages/dead_tasks.ts";
import { overview } from "./pages/overview.ts";
import { actions, downloads, pages } from "./routes.ts";
import { savePreferences } from "./access/save_preferences.ts";
import { systemFacts } from "./live/system_facts.ts";
import { refreshMs } from "./ui/preferences.ts";

/** Options of a dashboard. */
export interface DashboardOptions<T = Context> {
  /** The authentication of users. There is no default. */
  auth: DashboardAuth<T>;
  /** Turns every action off, whatever the role of the user. */
  readOnly?: boolean;
  /** The name of the system, such as `"production"`, shown on every page; 1 to 32 characters. */
  environment?: string;
}

/** The parts that the routes of one dashboard share. */
interface Dashboard {
  readonly rl: Relier;
  readonly system: SystemFacts;
  readonly readOnly: boolean;
  readonly authenticator: Authenticator;
  readonly cache: SnapshotCache;
}

const noticeCookie = "rl_said";
/** The largest form, in bytes; it can contain a payload. */
const maxFormBytes = 4_000_000;

/**
 * Makes the app. A function in option `auth` gets what `contextOf` makes of the context.
 *
 * @throws TypeError, RangeError if an option is invalid.
 */
export function dashboardApp<T>(
  rl: Relier,
  options: DashboardOptions<T>,
  contextOf: (c: Context) => T,
): Hono {
  knownOptions("dashboard()", options, ["auth", "readOnly", "environment"]);
  const { auth, readOnly = false, environment } = options;
  booleanOption("readOnly", readOnly);
  const system = systemFacts(rl, environment);
  const authenticator = createAuthenticator(rl, auth, contextOf);
  const board: Dashboard = { rl, system, readOnly, authenticator, cache: createSnapshotCache(rl) };
  const app = new Hono<DashboardEnv>();

  addSecurityHeaders(app);
  app.get("/assets/:name", sendAsset);
  if (authenticator.usesToken) addSignIn(app, authenticator);
  app.use("*", async (c, next) => {
    const user = await authenticator.userOf(c);
    if (!user) return denyAccess(c, authenticator);
    c.set("user", user);
    return await next();
  });
  app.get("/metrics", async (c) => {
    const look = await board.cache.shared(" metrics", () => readListedMetrics(rl)).catch(() =>
      undefined
    );
    return c.body(exposition(queueMetrics(look)), 200, { "Content-Type": expositionType });
  });
  for (const page of pages) {
    app.get(`/live${page.path}`, (c) => refresh(c, page, board));
    if (page !== overview) app.get(page.path, (c) => open(c, page, board));
  }
  for (const { path, role, headers, content } of downloads) {
    app.get(path, async (c) => {
      const ask = requestOf(c, board);
      if (suffices(ask.user.role, role)) {
        // HEAD asks for the headers: nothing is read, and no download is recorded.
        if (c.req.method === "HEAD") return c.body(null, 200, headers);
        return c.body(await content(ask), 200, headers);
      }
      const text = `You need the role "${role}" (you are ${ask.user.role})`;
      return await c.html(bare("Forbidden", html`<h1>${text}</h1>`, frameOf(c)), 403);
    });
  }
  app.get("/preferences", savePreferences);
  if (!readOnly) {
    app.post("/act/:name", limitBody(maxFormBytes), sameOriginOnly, (c) => act(c, board));
  }
  app.all("*", (c) => {
    // A dashboard that Hono mounts at "/at" is opened as "/at" and as "/at/".
    const isRoot = c.req.path.slice(rootOf(c).length).replace("/", "") === "";
    if (isRoot && c.req.method === "GET") return open(c, overview, board);
    throw new PageNotFound("This page does not exist");
  });
  app.onError((error, c) => errorPage(error, c as DashboardContext));
  return app as unknown as Hono;
}

function sendAsset(c: DashboardContext): Response | Promise<Response> {
  const asset = assets[c.req.param("name") ?? ""];
  if (!asset) return c.notFound();
  // The name contains a hash of the content.
  return c.body(asset.text, 200, {
    "Content-Type": asset.type,
    "Cache-Control": "public, max-age=31536000, immutable",
  });
}

function requestOf(
  c: DashboardContext,
  { rl, system, readOnly, cache }: Dashboard,
): RequestContext {
  const user = c.get("user");
  const url = new URL(c.req.url);
  const path = url.pathname.slice(rootOf(c).length).replace(/^\/(live\/)?/, "");
  return {
    rl,
    system,
    snapshot: cache.snapshot,
    history: cache.history,
    taskTypes: cache.taskTypes,
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

async function open(c: DashboardContext, page: Page, board: Dashboard): Promise<Response> {
  const ask = requestOf(c, board);
  return await show(c, await page.view(ask), board, ask);
}

async function show(
  c: DashboardContext,
  view: View,
  { authenticator }: Dashboard,
  ask: RequestContext,
  status: 200 | 400 | 403 | 404 | 409 | 503 = 200,
): Promise<Response> {
  const notice = getCookie(c, noticeCookie);
  if (notice !== undefined) deleteCookie(c, noticeCookie, { path: baseOf(c) || "/" });
  const frame = { ...frameOf(c), notice };
  return await c.html(layout(ask, view, frame, pages, authenticator.usesToken), status);
}

function refresh(c: DashboardContext, page: Page, board: Dashboard): Response {
  const ask = requestOf(c, board);
  // Users of one role see the same, so they share what is rendered.
  const key = `${ask.user.role} ${ask.location}`;
  const render = async () => {
    const { live = [] } = await page.view({ ...ask, isRefresh: true, now: Date.now() });
    return Object.fromEntries(live.map(({ id, inner }) => [id, String(inner)]));
  };
  return liveStream(c, () => board.cache.shared(key, render), refreshMs(preferencesOf(c)));
}

async function act(c: DashboardContext, board: Dashboard): Promise<Response> {
  const ask = requestOf(c, board);
  const action = actions.find(({ name }) => name === c.req.param("name"));
  if (!action) throw new PageNotFound("This action does not exist");
  const fields = fieldsOf(await c.req.parseBody({ all: true }));
  const result = await perform(action, ask, fields);
  // The next page must show the effect.
  board.cache.invalidate();
  forgetDead(board.rl);
  const base = baseOf(c);
  const back = ("back" in result && result.back) || returnPath(fields);
  if ("said" in result) {
    // A cookie, because a text in the address could come from anyone.
    setCookie(c, noticeCookie, result.said.slice(0, 500), {
      path: base || "/",
      httpOnly: true,
      sameSite: "Strict",
      maxAge: 30,
    });
    return c.redirect(`${base}/${back}`, 303);
  }
  if ("shown" in result) {
    return await show(c, { title: action.name, body: result.shown }, board, ask, result.status);
  }
  if ("ask" in result) return await show(c, { title: "Confirm", body: result.ask }, board, ask);
  const body = messagePanel("Action failed", result.refused, "Back", back || `${base}/`);
  return await show(c, { title: "Action failed", body }, board, ask, result.status);
}

function errorPage(error: unknown, c: DashboardContext): Response | Promise<Response> {
  const [status, title, text] = error instanceof InvalidForm
    ? [400 as const, "Bad request", error.message]
    : error instanceof PageNotFound || RelierError.is(error, "RL_NOT_FOUND")
    ? [404 as const, "Not found", (error as Error).message]
    : error instanceof TypeError || error instanceof RangeError
    ? [400 as const, "Bad request", error.message]
    : error instanceof RedisError || RelierError.is(error)
    ? [503 as const, "Redis does not respond", retryText]
    : [500 as const, "Internal error", "The log of the server has the details."];
  if (status === 500) console.error("[relier] dashboard:", error);
  const body = messagePanel(title, text, "Overview", `${baseOf(c)}/`);
  // A form is not sent twice.
  const retries = status === 503 && c.req.method === "GET";
  return c.html(bare(title, body, frameOf(c), retries ? retrySeconds : undefined), status);
}

const retrySeconds = 5;
const retryText =
  `This page tries again every ${retrySeconds} seconds. Tasks that run go on, and ` +
  'workers reconnect on their own. "rl doctor" checks the connection.';
