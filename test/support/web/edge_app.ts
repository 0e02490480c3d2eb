/**
 * The app of the middleware tests, in workerd. Each request has a client of its own,
 * over HTTP, under the prefix of its test.
 *
 * @module
 */

import type { Context, ExecutionContext } from "hono";
import { Hono } from "hono";
import { relier, type RelierVariables } from "../../../adapters/hono.ts";
import { upstash } from "../../../adapters/upstash.ts";
import { createRelier, type Relier } from "../../../mod.ts";
import { honoApp } from "./hono_app.ts";
import { order } from "./tasks.ts";

interface Bindings {
  readonly REDIS_URL: string;
  readonly REDIS_TOKEN: string;
}

function clientOf(request: Request, { REDIS_URL: url, REDIS_TOKEN: token }: Bindings): Relier {
  const prefix = request.headers.get("x-prefix")!;
  return createRelier({ redis: upstash({ url, token }), prefix });
}

/** The part of an app that every edge needs: a client for the context of each request. */
const made: Hono<{ Bindings: Bindings; Variables: RelierVariables }> = new Hono<
  { Bindings: Bindings; Variables: RelierVariables }
>()
  .use(relier((c: Context<{ Bindings: Bindings }>) => clientOf(c.req.raw, c.env)))
  .post("/made/:id", (c) => c.json({ id: c.var.relier.push(order, c.req.param("id")).id }, 202));

const edge: { fetch(request: Request, env: Bindings, ctx: ExecutionContext): unknown } = {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname.startsWith("/made/")) return made.fetch(request, env, ctx);
    return honoApp(clientOf(request, env)).fetch(request, env, ctx);
  },
};
export default edge;
