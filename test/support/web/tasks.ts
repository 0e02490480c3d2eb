/**
 * The tasks of the middleware tests and their handlers, equal for every framework.
 *
 * @module
 */

import * as v from "valibot";
import {
  type Checked,
  Discard,
  type Relier,
  rlTask,
  type StandardSchema,
  type Task,
} from "../../../mod.ts";

/** An order. */
export const order: Task<"web-order", [id: string], string> = rlTask(
  "web-order",
  (id: string) => `ordered ${id}`,
);

/** Pushed for every payment, so that a test can count payments. */
const paid: Task<"web-paid", [how: string], string> = rlTask(
  "web-paid",
  { queue: "calls" },
  (how: string) => how,
);

/** Pushed to let a handler continue. */
export const open: Task<"web-open", [], string> = rlTask(
  "web-open",
  { queue: "gate" },
  () => "open",
);

/** A picture to resize. */
export interface Picture {
  readonly name: string;
  readonly width: number;
}

const picture: StandardSchema<Picture, Picture> = v.object({
  name: v.string(),
  width: v.pipe(v.number(), v.maxValue(1000)),
});

/** The error message of a handler, which no answer may contain. */
export const secret = "4111-1111-1111-1111";

/** A task with an HTTP route; `bad` dies, `slow` stops half way and continues on cancellation. */
export const resize: Task<"web-resize", [Picture], string> & Checked<typeof picture> = rlTask(
  "web-resize",
  { input: picture },
  async ({ name, width }, ctx) => {
    if (name === "bad") throw new Discard(secret);
    if (name === "slow") {
      ctx.progress(50, "half of it");
      await ctx.heartbeat();
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      ctx.signal.throwIfAborted();
    }
    return `${name} at ${width}`;
  },
);

/** A task with an HTTP route that runs once for equal inputs. */
export const once: Task<"web-once", [Picture], string> & Checked<typeof picture> = rlTask(
  "web-once",
  { input: picture, idempotent: true },
  ({ name }) => name,
);

/** A task without an HTTP route. */
export const hidden: Task<"web-hidden", [Picture], string> & Checked<typeof picture> = rlTask(
  "web-hidden",
  { input: picture },
  ({ name }) => name,
);

/** The token of the tasks. */
export const token = "the-token-of-the-tasks";

/** An answer, for every framework to send. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** Makes a payment in the way that `how` names. */
export async function pay(rl: Relier, how: string): Promise<Answer> {
  await rl.apush(paid, how);
  if (how === "throw") throw new Error(secret);
  if (how === "wait") await opened(rl);
  const headers = {
    "content-type": "application/json",
    "set-cookie": "session=1",
    location: "/payments/1",
    "x-extra": "kept",
  };
  const text = JSON.stringify({ how, n: Math.random() });
  switch (how) {
    case "fail":
      return { status: 500, headers, body: text };
    case "busy":
      return { status: 429, headers, body: text };
    case "refuse":
      return { status: 422, headers, body: text };
    case "empty":
      return { status: 204, headers: { "x-extra": "kept" }, body: "" };
    case "bytes": {
      const body = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);
      return { status: 200, headers: { "content-type": "application/octet-stream" }, body };
    }
    case "large":
      return { status: 200, headers: { "content-type": "text/plain" }, body: "é".repeat(150_000) };
    default:
      return { status: 201, headers, body: text };
  }
}

/** Resolves once a push has opened the gate. */
async function opened(rl: Relier): Promise<void> {
  while ((await rl.queue("gate").stats()).counts.ready === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
