/**
 * What the apps of the middleware tests push, and what their handlers do: the same
 * for every framework.
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

/** Pushed whenever a payment is made: so that payments can be counted from outside. */
const paid: Task<"web-paid", [how: string], string> = rlTask(
  "web-paid",
  { queue: "calls" },
  (how: string) => how,
);

/** Pushed to let a handler go on. */
export const open: Task<"web-open", [], string> = rlTask(
  "web-open",
  { queue: "gate" },
  () => "open",
);

/** A picture to be resized. */
export interface Picture {
  readonly name: string;
  readonly width: number;
}

const picture: StandardSchema<Picture, Picture> = v.object({
  name: v.string(),
  width: v.pipe(v.number(), v.maxValue(1000)),
});

/** What the error of a handler says, and no answer may. */
export const secret = "4111-1111-1111-1111";

/** Can be had over HTTP; `bad` dies, `slow` goes half of the way, and on when it is cancelled. */
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

/** Cannot be had over HTTP. */
export const hidden: Task<"web-hidden", [Picture], string> & Checked<typeof picture> = rlTask(
  "web-hidden",
  { input: picture },
  ({ name }) => name,
);

/** The token of the tasks. */
export const token = "the-token-of-the-tasks";

/** An answer, for every framework to give. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** Makes a payment, as `how` says. */
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

/** Resolves once somebody has pushed to the gate. */
async function opened(rl: Relier): Promise<void> {
  while ((await rl.queue("gate").stats()).counts.ready === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
