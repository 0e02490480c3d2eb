/**
 * What a request to the tasks brings along, checked.
 *
 * @module
 */

import { keyOption } from "../../core/base/options.ts";
import { toMs } from "../../core/base/duration.ts";
import { readUpTo, textOf } from "./bounded_body.ts";
import { problem } from "./problem.ts";

/** The largest payload a push takes, and room for blanks. */
const maxBody = 1_310_720;
const maxWait = 60_000;

/** The input of a task: the body of a request, which has to be JSON. */
export async function readInput(request: Request): Promise<{ value: unknown } | Response> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    return problem(415, "The input has to come as application/json");
  }
  const { bytes } = await readUpTo(request.body, maxBody);
  if (bytes === undefined) return problem(413, "The input is too large");
  const text = textOf(bytes);
  try {
    if (text !== null) return { value: JSON.parse(text) };
  } catch {
    // A SyntaxError quotes the text.
  }
  return problem(400, "The input is no JSON");
}

/** The key of a push, from its header; it may stand in quotes. */
export function readKey(given: string | undefined): string | Response | undefined {
  if (given === undefined) return undefined;
  try {
    return keyOption("idempotencyKey", given.replace(/^"(.*)"$/, "$1"));
  } catch {
    return problem(400, "Idempotency-Key cannot be read");
  }
}

/** For how many ms to wait, such as `30s`; not at all by default. */
export function readWait(given: string | undefined): number | Response {
  if (given === undefined) return 0;
  try {
    return toMs("wait", /^\d+$/.test(given) ? Number(given) : given, { max: maxWait });
  } catch {
    return problem(400, 'It has to wait for 0 to 60 seconds, such as "30s"');
  }
}
