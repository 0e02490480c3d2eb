/**
 * Schema of the configuration file. An unknown key is refused: it is a typing
 * error, and would silently do nothing.
 *
 * @module
 */

import * as v from "valibot";
import type { Config } from "./settings.ts";
import { CliError } from "./cli_error.ts";
import { didYouMean } from "./suggest.ts";

const text = (what: string) =>
  v.pipe(v.string(`a string: ${what}`), v.nonEmpty(`a string: ${what}`));
const list = (what: string) => v.array(text(what), `a list of strings: ${what}`);
const span = v.pipe(
  v.string('a duration like "30s"'),
  v.regex(/^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$/, 'a duration like "30s"'),
);
const whole = (min: number, max: number) => {
  const what = `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(what), v.integer(what), v.minValue(min, what), v.maxValue(max, what));
};

const weights = "an object of queues and their weights, or a list of names: " +
  '{ payments: 5, default: 1 } or ["payments:5", "default"]';
const queues = v.union([
  v.array(text("the name of a queue")),
  v.record(text("the name of a queue"), whole(1, 1_000)),
], weights);

const notList = (what: string) => v.custom<object>((value) => !Array.isArray(value), what);

const worker = v.strictObject({
  modules: v.optional(list("files that define tasks")),
  queues: v.optional(queues),
  concurrency: v.optional(whole(1, 10_000)),
  prefetch: v.optional(whole(0, 10_000)),
  processes: v.optional(whole(1, 1_000)),
  name: v.optional(text("the name of the workers")),
  drainTimeout: v.optional(span),
  profile: v.optional(v.picklist(["default", "fast"], '"default" or "fast"')),
  lease: v.optional(span),
  healthPort: v.optional(whole(0, 65_535)),
  healthHost: v.optional(text("the address of the health endpoints")),
  otlp: v.optional(text("the OTLP endpoint to export to")),
}, "an object");

const what = "an object, as the default export where it is a module";
const config = v.strictObject({
  url: v.optional(text("the URL of Redis")),
  prefix: v.optional(text("the prefix of all keys")),
  env: v.optional(text("the environment, such as production")),
  output: v.optional(v.picklist(["human", "json"], '"human" or "json"')),
  worker: v.optional(v.pipe(notList("an object"), worker)),
}, what);

/** Checks the content of a configuration file. @throws {CliError} 2 with the key at fault. */
export function checked(path: string, content: unknown): Config {
  const { success, output, issues } = v.safeParse(v.pipe(notList(what), config), content);
  if (success) return output;
  const issue = issues[0];
  const keys = issue.path?.map(({ key }) => String(key)) ?? [];
  const key = keys.join(".");
  if (issue.type === "strict_object" && issue.expected === "never") {
    const allowed = Object.keys(keys.length > 1 ? worker.entries : config.entries);
    throw new CliError(2, `Cannot use key "${key}" of ${path}: there is no such key`, {
      hint: didYouMean(keys.at(-1)!, allowed, `allowed are ${allowed.join(", ")}`),
    });
  }
  const subject = key === "" ? path : `key "${key}" of ${path}`;
  throw new CliError(2, `Cannot use ${subject}: it must be ${issue.message}`, {
    hint: 'correct it; "rl config validate" checks it again',
  });
}
