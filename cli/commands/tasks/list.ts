/**
 * `rl tasks`: lists tasks in all states.
 *
 * @module
 */

import {
  count,
  maxPayloads,
  readQueues,
  type ScanResult,
  scanTasks,
  shellWord,
  taskMatcherWithWorkers,
  type TaskSelection,
  workerNames,
} from "../../../core/console/mod.ts";
import { states, type TaskState } from "../../../mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import { choice, integer, list as parts } from "../../framework/option_values.ts";
import { wrap } from "../../terminal/text.ts";
import { taskColumns } from "./columns.ts";
import { filterOf, type WhereArg, whereArg } from "./filter_option.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  state: {
    type: "string",
    valueHint: "state,…",
    description: "Only these states (default: all but completed and cancelled)",
    many: true,
  },
  name: { type: "string", valueHint: "task", description: "Only tasks of this name" },
  worker: {
    type: "string",
    valueHint: "name",
    description: "Only tasks that this worker runs, or ran last",
  },
  older: {
    type: "string",
    valueHint: "duration",
    description: "Only tasks pushed at least this long ago",
  },
  where: whereArg as WhereArg,
  limit: {
    type: "string",
    alias: "n",
    valueHint: "n",
    default: "50",
    description: "Most tasks, 1 to 1000",
  },
  cursor: { type: "string", valueHint: "text", description: "Cursor printed by an earlier list" },
} as const;

type Args = typeof args;

/** Default states in the order of interest: running, delayed, waiting, dead. */
const usual: readonly TaskState[] = ["running", "quarantined", "scheduled", "ready", "dead"];
const all = Object.keys(states) as TaskState[];

const tasks: Command<Args> = command({
  summary: "List tasks",
  details:
    "Running tasks come first, then waiting ones, then dead ones. A long list ends with the " +
    "command line for the next page.",
  examples: [
    "rl tasks",
    "rl tasks --state dead --name charge-card",
    "rl tasks --queue emails --state ready,scheduled --older 10m --json",
    "rl tasks --where error=StripeError,payload.customer.id=42",
  ],
  args,
  watch: true,
  async run(context) {
    const { out, relier } = context;
    const { state, cursor } = context.args;
    const states = state === undefined
      ? usual
      : parts("--state", state).map((each) => choice("--state", each, all));
    const limit = integer("--limit", context.args.limit, { min: 1, max: 1000 });
    const wanted = await filter(context, states);
    const found = await scanTasks(relier, {
      ...wanted,
      ...(wanted.select && { maxExamined: maxPayloads }),
      limit,
      cursor,
    });
    const names = await workerNames(relier, found.tasks.map(({ queue }) => queue));
    out.table(found.tasks, taskColumns(out, names), "no task matches");
    await foot(context, found, wanted.queues);
  },
});

export default tasks;

/** Selects the tasks that match the options. */
async function filter(
  { args, relier }: Context<Args>,
  states: readonly TaskState[],
): Promise<TaskSelection> {
  const { name, worker, older } = args;
  const before = older === undefined ? Infinity : Date.now() - duration("--older", older);
  const old: TaskSelection["matches"] = ({ enqueuedAt }) => enqueuedAt.getTime() <= before;
  const meant = await filterOf(relier, args, states, old);
  const suits = await taskMatcherWithWorkers(relier, meant.queues, { name, worker });
  return { ...meant, matches: (task) => suits(task) && meant.matches(task) };
}

/** Prints the totals, and the command line for the next page. */
async function foot(
  context: Context<Args>,
  { tasks, examined, next }: ScanResult,
  queues: readonly string[],
): Promise<void> {
  const { out, relier } = context;
  if (tasks.length === 0 && next === null) return;
  const counts = (await readQueues(relier, queues)).map(({ stats }) => stats.counts);
  const sums = all.map((state) => ({
    state,
    n: counts.reduce((sum, each) => sum + each[state], 0),
  })).filter(({ n }) => n > 0);
  const total = sums.reduce((sum, { n }) => sum + n, 0);
  const totals = sums.map(({ state, n }) => `${state} ${count(n)}`).join(" · ");
  const seen = examined > tasks.length ? `, ${count(examined)} examined` : "";
  const summary = `${count(tasks.length)} of ${count(total)}${seen}   (${totals})`;
  out.note(out.tty ? wrap(summary, out.width).join("\n") : summary);
  if (next !== null) out.note(`next: rl tasks${typed(context)} --cursor ${next}`);
}

/** The options as they were typed, for the next page. */
function typed({ args: given }: Context<Args>): string {
  return (["queue", "state", "name", "worker", "older", "where", "limit"] as const)
    .filter((name) => given[name] !== undefined && !(name === "limit" && given[name] === "50"))
    .map((name) => ` --${name} ${shellWord(given[name]!)}`).join("");
}
