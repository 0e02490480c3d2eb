/**
 * The limits of a queue: in words, and as a form that sets them.
 *
 * @module
 */

import type { Duration, QueueLimits } from "../../../mod.ts";
import { count, durationText, plural, spanOf } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import {
  type Action,
  type FormFields,
  InvalidForm,
  queueField,
  type RequestContext,
} from "../page.ts";
import { shellWord } from "../ui/components.ts";

/** The limits of a queue, one each. */
export function limitWords(limits: QueueLimits): string[] {
  const { maxDepth, maxAge, rate, maxPerTenant, concurrency } = limits;
  return [
    rate &&
    `${plural(rate.limit, "task")} in ${spanOf(Number(rate.per))}${
      rate.by === "tenant" ? " for each tenant" : ""
    }, ${count(rate.burst ?? rate.limit)} at once`,
    maxDepth && `at most ${count(maxDepth)} waiting`,
    maxAge && `none while the oldest has waited for ${spanOf(Number(maxAge))}`,
    maxPerTenant && `at most ${count(maxPerTenant)} unfinished of a tenant`,
    concurrency && `at most ${count(concurrency)} running at a time`,
  ].filter((each): each is string => typeof each === "string");
}

/** The fields of the form, by the options of `rl queues limit`. */
const inputs = [
  { name: "rate", label: "Rate", hint: "100/1s" },
  { name: "burst", label: "At once", hint: "as many as the rate" },
  { name: "depth", label: "Waiting", hint: "10000" },
  { name: "age", label: "Oldest waits", hint: "5m" },
  { name: "tenant", label: "Of a tenant", hint: "100" },
  { name: "concurrency", label: "Running", hint: "5" },
] as const;

/** Sets every limit of a queue at once: what is empty is none. */
export const limitQueue: Action = {
  name: "queue.limit",
  role: "admin",
  target(fields) {
    limitsIn(fields); // What is no limit is refused before anything is recorded.
    return `${queueField(fields)} ${optionsOf(fields) || "without limits"}`;
  },
  command: (fields) =>
    `rl queues limit ${shellWord(fields["queue"] ?? "")} --clear ${optionsOf(fields)}`.trimEnd(),
  async run({ rl }, fields) {
    const name = queueField(fields);
    await rl.queue(name).limit(limitsIn(fields));
    const words = limitWords((await rl.queue(name).stats()).limits);
    return `Queue ${name}: ${words.join("; ") || "no limits"}.`;
  },
};

/** A form with the limits there are. */
export function limitForm(ask: RequestContext, queue: string, limits: QueueLimits): Html | false {
  if (!ask.may("admin")) return false;
  const { maxDepth, maxAge, rate, maxPerTenant, concurrency } = limits;
  const values: Record<typeof inputs[number]["name"], string> = {
    rate: rate ? `${rate.limit}/${durationText(Number(rate.per))}` : "",
    burst: rate?.burst ? String(rate.burst) : "",
    depth: maxDepth ? String(maxDepth) : "",
    age: maxAge ? durationText(Number(maxAge)) : "",
    tenant: maxPerTenant ? String(maxPerTenant) : "",
    concurrency: concurrency ? String(concurrency) : "",
  };
  return html`
    <details class="panel" id="limits">
      <summary>Change limits</summary>
      <form method="post" action="act/queue.limit" class="grid-form">
        <input type="hidden" name="queue" value="${queue}"><input type="hidden" name="back" value="${ask
          .location}">${inputs.map(({ name, label, hint }) =>
            html`<label>${label}<input name="${name}" value="${
              values[name]
            }" placeholder="${hint}"></label>`
          )}<label class="check"><input type="checkbox" name="by" value="tenant"${rate &&
          rate.by === "tenant" && html`
          checked
        `}> the rate is for each tenant</label>
        <div class="buttons"><button data-command="rl queues limit ${shellWord(
          queue,
        )} --clear …">Set all of them</button></div></form>
    </details>
  `;
}

function optionsOf(fields: FormFields): string {
  const given = inputs.filter(({ name }) => (fields[name] ?? "").trim() !== "")
    .map(({ name }) => `--${name} ${shellWord(fields[name]!.trim())}`);
  if (fields["by"] === "tenant") given.push("--by tenant");
  return given.join(" ");
}

/** @throws {InvalidForm}; what is a number and too large for a limit is refused by the queue. */
function limitsIn(fields: FormFields): QueueLimits {
  const text = (name: string): string => (fields[name] ?? "").trim();
  const whole = (name: string): number | null => {
    if (text(name) === "") return null;
    if (/^\d{1,9}$/.test(text(name))) return Number(text(name));
    throw new InvalidForm(`The field "${name}" is a whole number`);
  };
  const [rate, burst] = [text("rate"), whole("burst")];
  const [, limit, per] = /^(\d{1,9})\/(\d[\w.]{0,12})$/.exec(rate) ?? [];
  if (rate !== "" && per === undefined) throw new InvalidForm('The rate looks like "100/1s"');
  if (rate === "" && burst !== null) throw new InvalidForm("How many at once is for a rate only");
  return {
    maxDepth: whole("depth"),
    maxAge: text("age") === "" ? null : text("age") as Duration,
    maxPerTenant: whole("tenant"),
    concurrency: whole("concurrency"),
    rate: per === undefined ? null : {
      limit: Number(limit),
      per: per as Duration,
      ...burst !== null && { burst },
      by: fields["by"] === "tenant" ? "tenant" : "queue",
    },
  };
}
