/**
 * `rl tasks push`: pushes a task.
 *
 * @module
 */

import type { Outcome, PushOptions } from "../../../mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { duration } from "../../framework/duration.ts";
import { integer, short } from "../../framework/option_values.ts";
import { paced, rate } from "../../framework/rate.ts";
import { count, json, plural } from "../../../core/console/mod.ts";
import { jsonOption, looseValue } from "./json.ts";
import { type KnownTask, knownTask, moduleArg } from "./task_module.ts";

const args = {
  name: { type: "positional", valueHint: "task", description: "Name of the task" },
  args: {
    type: "positional",
    required: false,
    many: true,
    description: "Arguments: JSON values, else text",
  },
  "json-args": { type: "string", valueHint: "[…]", description: "Arguments as one JSON list" },
  input: {
    type: "string",
    valueHint: "json",
    description: "Input of a task with a schema, as JSON",
  },
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name",
    description: "Queue (default: the one of the task, as workers report it)",
  },
  delay: {
    type: "string",
    valueHint: "duration",
    description: "Time to wait before the task may run",
  },
  at: { type: "string", valueHint: "date", description: "Earliest time to run, in ISO 8601" },
  priority: {
    type: "string",
    valueHint: "0-100",
    description: "Priority; a higher one runs first (0)",
  },
  key: {
    type: "string",
    valueHint: "text",
    description: "Idempotency key: equal keys are one task",
  },
  tenant: { type: "string", valueHint: "name", description: "Tenant" },
  wait: { type: "boolean", description: "Wait for the result and print it" },
  count: { type: "string", valueHint: "n", description: "Number of pushes" },
  rate: { type: "string", valueHint: "n/time", description: "Highest rate, such as 10/s" },
  module: moduleArg,
} as const;

type Args = typeof args;

// The type of the arguments stays in this file.
const push: Command<any> = command({
  summary: "Push a task",
  details:
    "Prints the id. With --wait it prints the result, and exits 6 if --timeout passes first. " +
    "Without --module the payload is not checked here, but by the worker.",
  examples: [
    "rl tasks push greet world",
    `rl tasks push charge-card --json-args '["o-17", {"cents": 995}]' --key o-17`,
    'rl tasks push resize --input \'{"file":"a.png"}\' --wait --timeout 30s',
    "rl tasks push ping --count 1000 --rate 50/s",
  ],
  args,
  async run(context) {
    const { args: { name, queue, module, input, wait }, out, signal } = context;
    const payload = payloadOf(context);
    const options = optionsOf(context);
    const times = timesOf(context);
    const task = await knownTask(context, name, {
      ...(module !== undefined && { module }),
      ...(queue !== undefined && { queue }),
      input: input !== undefined,
    });
    if (task.remark) out.note(task.remark);
    if (times.total > 1) return await pushMany(context, task, payload, options, times);
    const [handle] = await task.push([payload], options);
    const { id, outcome } = handle!;
    const noted = outcome === "created" ? "" : ` (${outcome}: ${remarks[outcome]})`;
    if (!wait) return out.record({ id, outcome }, () => out.line(`${id}${noted}`));
    out.note(`${id}${noted}`);
    const result = await handle!.result({ signal });
    out.record({ id, outcome, result: result ?? null }, () => out.line(json(result)));
  },
});

export default push;

/** The remark on a push that made no task. */
const remarks: Readonly<Record<Exclude<Outcome, "created">, string>> = {
  joined: "the task existed already",
  running: "the task of this key runs now, and does not run again",
  replayed: "the task of this key is completed",
  dead: "the task of this key is dead, and nothing runs",
};

function payloadOf({ args: { "json-args": list, input }, rest }: Context<Args>): unknown[] {
  const given = [rest.length > 0, list !== undefined, input !== undefined].filter(Boolean);
  if (given.length > 1) {
    throw new CliError(2, "Cannot use arguments, --json-args and --input together", {
      hint: "choose one",
    });
  }
  if (input !== undefined) return [jsonOption("--input", input)];
  if (list === undefined) return rest.map(looseValue);
  const values = jsonOption("--json-args", list);
  if (Array.isArray(values)) return values;
  throw new CliError(2, `Cannot use option --json-args "${short(list)}": it is not a list`, {
    hint: "write it like [" + '"a", 1]',
  });
}

function optionsOf({ args: given }: Context<Args>): PushOptions {
  const { delay, at, priority, key, tenant, queue } = given;
  if (delay !== undefined && at !== undefined) {
    throw new CliError(2, "Cannot use --delay and --at together", { hint: "choose one" });
  }
  return {
    ...(queue !== undefined && { queue }),
    ...(delay !== undefined && { delay: duration("--delay", delay) }),
    ...(at !== undefined && { at: dateOf(at) }),
    ...(priority !== undefined && {
      priority: integer("--priority", priority, { min: 0, max: 100 }),
    }),
    ...(key !== undefined && { idempotencyKey: key }),
    ...(tenant !== undefined && { tenant }),
  };
}

function dateOf(text: string): Date {
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new CliError(2, `Cannot use option --at "${short(text)}": it is not a date`, {
    hint: "write it like 2030-01-31T09:00:00Z",
  });
}

interface Times {
  readonly total: number;
  readonly rate?: ReturnType<typeof rate>;
}

function timesOf({ args: { count: text = "1", rate: pace, key, wait } }: Context<Args>): Times {
  const total = integer("--count", text, { min: 1, max: 10_000_000 });
  const refuse = (message: string, hint: string): CliError => new CliError(2, message, { hint });
  if (pace !== undefined && total === 1) throw refuse("Cannot use --rate alone", "add --count");
  if (total > 1 && key !== undefined) {
    throw refuse("Cannot use --key and --count together", "equal keys are one task");
  }
  if (total > 1 && wait) throw refuse("Cannot use --wait and --count together", "choose one");
  return { total, ...(pace !== undefined && { rate: rate("--rate", pace) }) };
}

async function pushMany(
  { out, signal }: Context<Args>,
  task: KnownTask,
  payload: unknown[],
  options: PushOptions,
  times: Times,
): Promise<void> {
  let pushed = 0;
  const met = new Map<Outcome, number>();
  try {
    for await (const now of paced(times.total, 200, times.rate, signal)) {
      const handles = await task.push(Array.from({ length: now }, () => payload), options);
      pushed += now;
      for (const { id, outcome } of handles) {
        met.set(outcome, (met.get(outcome) ?? 0) + 1);
        if (out.json || out.quiet) out.record({ id, outcome }, () => {});
      }
    }
  } catch (error) {
    out.note(`at least ${count(pushed)} of ${plural(times.total, "task")} pushed`);
    throw error;
  }
  const created = met.get("created") ?? 0;
  met.delete("created");
  const others = [...met].map(([outcome, n]) => `, ${count(n)} ${outcome}`).join("");
  out.line(`pushed ${plural(created, "task")}${others}`);
}
