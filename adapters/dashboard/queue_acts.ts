/**
 * What is done to a queue.
 *
 * @module
 */

import { type Act, BadForm, field, type Fields } from "./page.ts";
import { word } from "./parts.ts";

const queueOf = (fields: Fields): string => field(fields, "queue");

const what = (fields: Fields): "claims" | "pushes" => {
  const given = field(fields, "what");
  if (given === "claims" || given === "pushes") return given;
  throw new BadForm("A queue is closed to claims or to pushes");
};

/** Holds a queue, for workers or for producers. */
export const pauseQueue: Act = {
  name: "queue.pause",
  role: "operator",
  target: queueOf,
  command: (fields) =>
    `rl queues pause ${word(fields["queue"] ?? "")}${
      fields["what"] === "pushes" ? " --what pushes" : ""
    }`,
  async run({ rl, user }, fields) {
    const [name, kind] = [queueOf(fields), what(fields)];
    await rl.queue(name).pause(kind, `by ${user.name}, in the dashboard`.slice(0, 200));
    return kind === "claims"
      ? `Queue ${name} is paused: workers take nothing new.`
      : `Queue ${name} is closed: pushes are refused.`;
  },
};

/** Opens it again. */
export const resumeQueue: Act = {
  name: "queue.resume",
  role: "operator",
  target: queueOf,
  command: (fields) => `rl queues resume ${word(fields["queue"] ?? "")}`,
  async run({ rl }, fields) {
    const name = queueOf(fields);
    await rl.queue(name).resume();
    return `Queue ${name} is open again.`;
  },
};

/** All of them. */
export const queueActs: readonly Act[] = [pauseQueue, resumeQueue];
