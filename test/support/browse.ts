/**
 * A browser without a screen: requests pages of a dashboard and keeps its cookies.
 *
 * @module
 */

import type { Hono } from "hono";
import { type Lab, withRelier } from "./relier.ts";
import { until } from "./until.ts";

/** The response to a request. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A user of a dashboard. */
export interface Visitor {
  readonly cookies: Map<string, string>;
  /** Opens a page. */
  get(path: string, headers?: Record<string, string>): Promise<Answered>;
  /** Sends a form, as a page of this origin does unless `headers` say otherwise. */
  post(
    path: string,
    fields?: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Answered>;
}

const origin = "http://shop.test";

/** Opens a new session. */
export function visitor(app: Hono, env?: object): Visitor {
  const cookies = new Map<string, string>();
  const ask = async (path: string, init: RequestInit): Promise<Answered> => {
    const headers = new Headers(init.headers);
    headers.set("host", "shop.test");
    if (cookies.size > 0) {
      headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = await app.fetch(new Request(origin + path, { ...init, headers }), env);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (/max-age=0/i.test(cookie)) cookies.delete(name!);
      else cookies.set(name!, value!);
    }
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    cookies,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, fields = {}, headers = { "sec-fetch-site": "same-origin" }) =>
      ask(path, { method: "POST", headers, body: new URLSearchParams(fields) }),
  };
}

/**
 * {@linkcode withRelier}, whose body starts once the name of its queue is registered.
 * No push waits for that registration.
 */
export function withQueue(body: (lab: Lab) => Promise<void>): ReturnType<typeof withRelier> {
  return withRelier(async (lab) => {
    await lab.queue.limit({ maxDepth: null }); // No change; registers the name.
    await until("its name is known", async () => (await lab.rl.queues()).length > 0);
    await body(lab);
  });
}
