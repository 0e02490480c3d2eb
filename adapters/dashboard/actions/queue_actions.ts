/**
 * Actions on queues.
 *
 * @module
 */

import { plural } from "../../../core/console/format.ts";
import { limitQueue } from "../pages/queue_limits.ts";
import { type Action, field, type FormFields, InvalidForm, queueField } from "../page.ts";
import { shellWord } from "../ui/components.ts";

const kindOf = (fields: FormFields): "claims" | "pushes" => {
  const given = field(fields, "what");
  if (given === "claims" || given === "pushes") return given;
  throw new InvalidForm('The field "what" must be "claims" or "pushes"');
};

/** Pauses a queue for workers or for producers. */
export const pauseQueue: Action = {
  name: "queue.pause",
  role: "operator",
  target(fields) {
    kindOf(fields);
    return queueField(fields);
  },
  command: (fields) =>
    `rl queues pause ${shellWord(fields["queue"] ?? "")}${
      fields["what"] === "pushes" ? " --what pushes" : ""
    }`,
  async run({ rl, user }, fields) {
    const [name, kind] = [queueField(fields), kindOf(fields)];
    await rl.queue(name).pause(kind, `by ${user.name}, in the dashboard`.slice(0, 200));
    return kind === "claims"
      ? `Queue ${name} is paused: workers claim no tasks.`
      : `Queue ${name} is closed: pushes are refused.`;
  },
};

/** Resumes a queue. */
export const resumeQueue: Action = {
  name: "queue.resume",
  role: "operator",
  target: queueField,
  command: (fields) => `rl queues resume ${shellWord(fields["queue"] ?? "")}`,
  async run({ rl }, fields) {
    const name = queueField(fields);
    await rl.queue(name).resume();
    return `Queue ${name} is resumed.`;
  },
};

/** Sweeps a queue now, as every worker does periodically. */
export const sweepQueue: Action = {
  name: "queue.sweep",
  role: "operator",
  target: queueField,
  command: (fields) => `rl recovery sweep --queue ${shellWord(fields["queue"] ?? "")}`,
  async run({ rl }, fields) {
    const name = queueField(fields);
    const { resurrected } = await rl.queue(name).sweep();
    return `Queue ${name} was swept: ${plural(resurrected.length, "task")} resurrected.`;
  },
};

/** Repairs the inconsistencies that an audit finds. */
export const repairQueue: Action = {
  name: "queue.repair",
  role: "admin",
  target: queueField,
  command: (fields) => `rl audit --queue ${shellWord(fields["queue"] ?? "")} --fix`,
  question: (fields) => `Repair queue ${fields["queue"] ?? ""}?`,
  async run({ rl }, fields) {
    const name = queueField(fields);
    const repairs = await rl.queue(name).repair();
    const first = repairs.length > 0 ? `: ${repairs[0]}${repairs.length > 1 ? " …" : ""}` : "";
    return `Queue ${name}: ${plural(repairs.length, "problem")} repaired${first}.`;
  },
};

/** Deletes a queue that holds no unfinished and no dead tasks. */
export const deleteQueue: Action = {
  name: "queue.delete",
  role: "admin",
  target: queueField,
  command: (fields) => `rl queues delete ${shellWord(fields["queue"] ?? "")}`,
  question: (fields) => `Delete queue ${fields["queue"] ?? ""} with its limits and counters?`,
  async run({ rl }, fields) {
    const name = queueField(fields);
    await rl.deleteQueue(name);
    return { said: `Queue ${name} is deleted.`, back: "queues" };
  },
};

/** All of them. */
export const queueActions: readonly Action[] = [
  pauseQueue,
  resumeQueue,
  sweepQueue,
  repairQueue,
  limitQueue,
  deleteQueue,
];
