/**
 * Sends requests to an app of the middleware tests, and checks the common properties of
 * every answer.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Lab, withRelier } from "../relier.ts";
import type { Site } from "./servers.ts";
import { secret } from "./tasks.ts";

/** A received answer. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The body, if it is JSON. */
  readonly json: any;
}

/** The contents of a request. */
export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
}

/** A {@linkcode Lab} with an app that is served. */
export interface SiteLab extends Lab {
  readonly site: Site;
  /** Sends a request, such as `ask("POST /orders/1")`. */
  ask(line: string, asking?: Asking): Promise<Answered>;
}

/** A kind of server, and its limits. */
export interface Stage {
  serve(lab: Lab): Promise<Site>;
  /** The reason why a bare push finds no client there. */
  readonly noBarePush?: string;
  /** True allows tests that take seconds. */
  readonly patient?: boolean;
}

/** A test body that gets a {@linkcode SiteLab}. */
export function withSite(
  { serve }: Stage,
  body: (lab: SiteLab) => Promise<void>,
): () => Promise<void> {
  return withRelier(async (lab) => {
    const site = await serve(lab);
    const ask = async (line: string, { headers, body }: Asking = {}): Promise<Answered> => {
      const [method, path] = line.split(" ") as [string, string];
      const response = await fetch(site.url + path, {
        method,
        headers: {
          ...typeof body === "object" && { "content-type": "application/json" },
          ...site.headers,
          ...headers,
        },
        redirect: "manual",
        signal: AbortSignal.timeout(20_000),
        ...body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) },
      });
      return await answered(response);
    };
    try {
      await body({ ...lab, site, ask });
    } finally {
      await site.close();
    }
  });
}

async function answered(response: Response): Promise<Answered> {
  const { status, headers } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  assert.ok(!text.includes(secret), "it reveals a secret of the handler");
  const isJson = /json/.test(headers.get("content-type") ?? "");
  return { status, headers, text, bytes, json: isJson ? JSON.parse(text) : undefined };
}

/** Asserts that an answer is a problem document. */
export function assertProblem({ status, headers, json, text }: Answered, expected: number): void {
  assert.equal(status, expected, text);
  assert.match(headers.get("content-type")!, /^application\/problem\+json/);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(json.status, expected);
  assert.ok(json.title.length > 0 && json.title.length < 100);
  assert.doesNotMatch(text, /\bat .*:\d+:\d+|node_modules|\{default/, "it shows a stack or a key");
}

/** Asserts that `run` leaves no trace in Redis. */
export async function harmlessly(lab: Lab, run: () => Promise<void>): Promise<void> {
  const before = [await lab.size(), await lab.dump()];
  await run();
  assert.deepEqual([await lab.size(), await lab.dump()], before);
}
