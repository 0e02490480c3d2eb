/**
 * Input of the task API, read from a request and checked.
 *
 * @module
 */

import { keyOption } from "../../core/base/options.ts";
import { toMs } from "../../core/base/duration.ts";
import { readUpTo, textOf } from "./bounded_body.ts";
import { problem } from "./problem.ts";

/** The largest payload of a push, and room for whitespace. */
const maxBody = 1_310_720;
const maxWait = 60_000;

/** Reads the input of a task: the body, which must be JSON. */
export async function readInput(request: Request): Promise<{ value: unknown } | Response> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    return problem(415, "The content type must be application/json");
  }
  const { bytes } = await readUpTo(request.body, maxBody);
  if (bytes === undefined) return problem(413, "The input is too large");
  const text = textOf(bytes);
  try {
    if (text !== null) return { value: JSON.parse(text) };
  } catch {
    // The SyntaxError is dropped: it quotes the payload.
  }
  return problem(400, "The input is not valid JSON");
}

/** Reads the idempotency key of a push from its header, with or without quotes. */
export function readKey(given: string | undefined): string | Response | undefined {
  if (given === undefined) return undefined;
  try {
    return keyOption("idempotencyKey", given.replace(/^"(.*)"$/, "$1"));
  } catch {
    return problem(400, "The Idempotency-Key header is malformed");
  }
}

/** Reads the time to wait, such as `30s`, in ms; 0 if absent. */
export function readWait(given: string | undefined): number | Response {
  if (given === undefined) return 0;
  try {
    return toMs("wait", /^\d+$/.test(given) ? Number(given) : given, { max: maxWait });
  } catch {
    return problem(400, 'The parameter "wait" must be 0 to 60 seconds, such as "30s"');
  }
}
