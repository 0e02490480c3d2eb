/**
 * Every parser of text that comes from outside: whatever it is given, it returns or refuses
 * with its own kind of error, in little time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { returnPath } from "../adapters/dashboard/actions/perform.ts";
import { filterOf, queryOf, targetOf } from "../adapters/dashboard/pages/task_filter.ts";
import { readPreferences } from "../adapters/dashboard/ui/preferences.ts";
import { readInput, readKey, readWait } from "../adapters/http/request_input.ts";
import { upstash } from "../adapters/upstash.ts";
import { linesOf } from "../cli/commands/dlq/ndjson.ts";
import { checked } from "../cli/framework/config_schema.ts";
import { CliError } from "../cli/framework/cli_error.ts";
import { duration } from "../cli/framework/duration.ts";
import type { Host } from "../cli/framework/host.ts";
import { integer, list, short } from "../cli/framework/option_values.ts";
import { parse } from "../cli/framework/parse_args.ts";
import { rate } from "../cli/framework/rate.ts";
import { redact } from "../cli/framework/redact.ts";
import { cut, harmless, oneLine, plain, wrap } from "../cli/terminal/text.ts";
import { checkRedisUrl } from "../core/redis_url.ts";
import { parseDuration, toMs } from "../core/base/duration.ts";
import { decodeJson } from "../core/base/json.ts";
import { keyOption, nameOption } from "../core/base/options.ts";
import { cleaned, shown } from "../core/base/safe_text.ts";
import { serializeError } from "../core/base/serialized_error.ts";
import { errorPattern } from "../core/console/filter.ts";
import { matchesPayload } from "../core/console/filter_payload.ts";
import { ConditionError, formatWhere, parseWhere } from "../core/console/filter_syntax.ts";
import { durationText, readDuration, shellWord } from "../core/console/format.ts";
import { isFullId, queueOf, shortId } from "../core/console/ids.ts";
import { LimitError, limitOptions, readLimits } from "../core/console/limits.ts";
import { storedLimits } from "../core/inspection/stored_limits.ts";
import { readEnvelope } from "../core/protocol/envelope_reader.ts";
import { parseId } from "../core/protocol/keys.ts";
import { decodeCommand } from "../core/protocol/worker_command.ts";
import { parseWorkerInfo } from "../core/protocol/worker_info.ts";
import { safeMessage } from "../core/task/issue_redaction.ts";
import { contextOf, serverOf } from "../core/telemetry/otel_context.ts";
import { RelierError, type TaskDetails, type TaskSummary } from "../mod.ts";
import { cheaply, holds, hostile, pumped } from "./support/fuzz.ts";

/** True for the error with which a parser refuses. */
type Refusal = (error: unknown) => boolean;

const never: Refusal = () => false;
const bad: Refusal = (error) => error instanceof TypeError || error instanceof RangeError;
const usage: Refusal = (error) => error instanceof CliError && error.exit === 2;

const summaryOf = (text: string): TaskSummary =>
  ({ error: { name: text, message: text }, reason: text }) as unknown as TaskSummary;

const args = {
  queue: { type: "string", alias: "q" },
  all: { type: "boolean" },
  id: { type: "positional", required: false, many: true },
} as const;

/** The parsers, by name, and their refusals. */
const parsers: Readonly<Record<string, readonly [(text: string) => unknown, Refusal]>> = {
  "durations": [(text) => [parseDuration(text), readDuration(text)], never],
  "a duration as an option": [(text) => toMs("delay", text), bad],
  "a duration of the command line": [(text) => duration("--timeout", text), usage],
  "names and keys": [(text) => [nameOption("queue", text), keyOption("key", text)], bad],
  "an id": [(text) => [parseId(text), isFullId(text), queueOf(text), shortId(text)], never],
  "an envelope": [readEnvelope, RelierError.is],
  "JSON": [(text) => decodeJson(text), (error) => error instanceof Error],
  "a command to a worker": [decodeCommand, never],
  "the facts of a worker": [parseWorkerInfo, never],
  "stored limits": [(text) => storedLimits(text, text), never],
  "limits as they are typed": [
    (text) => limitOptions.forEach((each) => readLimits({ rate: "1/s", [each]: text })),
    (error) => error instanceof LimitError,
  ],
  "a rate": [(text) => rate("--rate", text), usage],
  "conditions": [parseWhere, (error) => error instanceof ConditionError],
  "the filter of a page": [(text) => targetOf(filterOf(new URLSearchParams(text))), bad],
  "a condition on a payload": [
    (text) => filterOf(new URLSearchParams({ payload: text })),
    bad,
  ],
  "a path into a payload": [
    (text) => matchesPayload({ payload: [{ a: { b: text } }] } as TaskDetails, [[text, text]]),
    never,
  ],
  "the page to return to": [(text) => returnPath({ back: text }), never],
  "preferences": [(text) => readPreferences(() => text), never],
  "the key of a request": [readKey, never],
  "the wait of a request": [readWait, never],
  "the URL of Redis": [checkRedisUrl, bad],
  "the server of a span": [serverOf, never],
  "the URL and token of Upstash": [(text) => upstash({ url: text, token: text }), bad],
  "a trace context": [contextOf, never],
  "a configuration file": [
    (text) =>
      [text, { [text]: 1 }, { url: text, worker: { lease: text } }].map((content) =>
        checked("relier.config.json", content)
      ),
    usage,
  ],
  "numbers and lists of the command line": [
    (text) => [integer("--n", text, { min: 0, max: 9 }), list("--queues", text)],
    usage,
  ],
  "a command line": [(text) => parse(["x"], args, {}, text.split(" ")), usage],
  "text for a terminal": [
    (text) => [harmless(text), plain(text), oneLine(text), short(text), cut(text, 40)],
    never,
  ],
  "text that is wrapped": [(text) => wrap(text.slice(0, 2000), 40), never],
  "text with secrets": [(text) => redact(text, { REDIS_URL: text }), never],
  "a word of a shell": [shellWord, never],
  "text of an error": [
    (text) => [shown(text), cleaned(text, 200), serializeError(text), safeMessage([text])(text)],
    never,
  ],
  "the group of a dead task": [(text) => errorPattern(summaryOf(text)), never],
};

for (const [name, [parser, isRefusal]] of Object.entries(parsers)) {
  const read = (text: string) =>
    cheaply(name, () => {
      try {
        parser(text);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    });
  test(`${name}: any text is read or refused, in little time`, async (t) => {
    for (const text of pumped) await read(text);
    await holds(t, fc.asyncProperty(hostile, read), 60);
  });
}

test("the body of a request: any bytes of any type are read or refused", async (t) => {
  await holds(
    t,
    fc.asyncProperty(hostile, hostile, fc.boolean(), async (body, type, isJson) => {
      const headers = new Headers();
      const value = isJson ? "application/json" : type.replace(/[^\x20-\x7e]/g, "").trim();
      headers.set("content-type", value.slice(0, 8000));
      const request = new Request("http://test", { method: "POST", body, headers });
      const read = await cheaply("the body", () => readInput(request.clone()));
      if (read instanceof Response) assert.ok(read.status < 500, String(read.status));
    }),
    60,
  );
});

test("an export: any lines are read or refused with the number of the first bad one", async (t) => {
  await holds(
    t,
    fc.asyncProperty(hostile, async (text) => {
      const stdin = (async function* () {
        yield* [text.slice(0, 100), text.slice(100)];
      })();
      await cheaply("the lines", async () => {
        try {
          for await (const _ of linesOf("-", { stdin } as unknown as Host));
        } catch (error) {
          assert.ok(usage(error), String(error));
        }
      });
    }),
    60,
  );
});

test("conditions, filters and durations are read as they were written", async (t) => {
  const path = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[=,\s]/.test(text));
  const value = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.trim() === text);
  await holds(
    t,
    fc.property(value, value, path, fc.nat(1e9), (name, error, at, ms) => {
      const wanted = { name, error, payload: [[at, name]] as [string, string][] };
      assert.deepEqual({ ...parseWhere(formatWhere(wanted)) }, wanted);
      const filter = { name, error, states: [], payload: wanted.payload };
      assert.deepEqual({ ...filterOf(new URLSearchParams(queryOf(filter))) }, filter);
      assert.equal(readDuration(durationText(ms)), ms);
    }),
    200,
  );
});
