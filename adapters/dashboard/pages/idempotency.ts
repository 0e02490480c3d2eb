/**
 * The page of idempotency keys. A key is looked up by itself: only an id derived from it
 * is stored.
 *
 * @module
 */

import { keyId, lockQueue, RelierError, type TaskDetails, type TaskSummary } from "../../../mod.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import {
  type Action,
  field,
  type FormFields,
  InvalidForm,
  type Page,
  type RequestContext,
} from "../page.ts";
import { badge, button, type Column, moment, section, shellWord, table } from "../ui/components.ts";

const mostLocks = 50;
/** A completed task has its result already, so the wait is short. */
const resultMs = 1000;
const mostResult = 4000;

/** The page. */
export const idempotency: Page = {
  path: "/idempotency",
  nav: { label: "Idempotency", key: "i", icon: "keys" },
  async view(ask) {
    const { key, task, queue } = asked(ask.query);
    const locks = part("locks", lockTable(await locksOf(ask), ask));
    const field = (name: string, label: string, value: string, hint: string): Html =>
      html`<label>${label}<input name="${name}" value="${value}" placeholder="${hint}"></label>`;
    return {
      title: "Idempotency",
      body: html`<h1>Idempotency</h1>${
        section(
          "Look up a key",
          html`
            <form action="idempotency" role="search"
              class="grid-form"><label>Key<input type="search" name="key" value="${key}" required></label>${field(
                "task",
                "Task",
                task,
                "empty for a lock",
              )}${field(
                "queue",
                "Queue of the task",
                queue,
                "default",
              )}<div class="row"><button>Look up</button></div></form>${key !== "" &&
                !ask.isRefresh &&
                await found(ask)}
          `,
        )
      }${
        section(
          "Locks",
          html`${locks.html}<p class="sum foot">Redis stores a hash in place of each key, because a
          key may name a person. To find the lock of a key, look the key up above.</p>`,
          html`<code>rl idem</code>`,
        )
      }`,
      live: [locks],
    };
  },
};

function asked(query: URLSearchParams): { key: string; task: string; queue: string } {
  const text = (name: string): string => query.get(name) ?? "";
  return { key: text("key"), task: text("task"), queue: text("queue") };
}

async function found(ask: RequestContext): Promise<Html> {
  const { key, task, queue } = asked(ask.query);
  const id = keyId({ key, task: task || undefined, queue: queue || undefined });
  try {
    return await keyDetails(ask, await ask.rl.queue(id.split("~")[0]!).inspect(id));
  } catch (error) {
    if (!RelierError.is(error, "RL_NOT_FOUND")) throw error;
    return html`<p class="note">Nothing is stored under this key: a push with it is <b>created</b>.</p>`;
  }
}

/** The outcome of a push with the same key, by the state of the existing task. */
const outcomes = {
  completed: "replayed",
  cancelled: "created",
  running: "running",
  dead: "created, unless the task refuses or joins what is dead",
} as const;

async function keyDetails(ask: RequestContext, task: TaskDetails): Promise<Html> {
  const { id, state } = task;
  const outcome = outcomes[state as keyof typeof outcomes] ?? "joined";
  const over = state === "completed" || state === "cancelled" || state === "dead";
  const row = (label: string, value: Value): Html =>
    html`
      <div>
        <dt>${label}</dt>
        <dd>${value}</dd>
      </div>
    `;
  const { key, task: name } = asked(ask.query);
  return html`
    <dl
      class="traits">${row("key", html`<bdi class="break">${key}</bdi>`)}${row(
        "id",
        html`<a class="mono" href="tasks/${encodeURIComponent(id)}">${id}</a>`,
      )}${row("state", badge(state))}${row(
        "push with this key",
        html`<b>${outcome}</b>`,
      )}${row("pushed", moment(task.enqueuedAt, ask.now))}${over &&
        row("stored until", moment(task.purgeAt, ask.now))}${state === "completed" &&
        row("result", await resultOf(ask, id))}</dl>${over && button(
          ask,
          forgetKey,
          { id, key, task: name },
          "Delete key",
          "danger",
        )}
  `;
}

async function resultOf({ rl, showsPayloads }: RequestContext, id: string): Promise<Html> {
  if (!showsPayloads) return html`<span class="dim">hidden from viewers</span>`;
  const text = JSON.stringify(await rl.handle(id).result({ timeout: resultMs })) ?? "undefined";
  return html`<code class="break">${text.slice(0, mostResult)}${
    text.length > mostResult && " …"
  }</code>`;
}

/** Deletes what is stored under a key, so that its work can run again. */
export const forgetKey: Action = {
  name: "key.forget",
  role: "admin",
  target: (fields) => field(fields, "id"),
  command: (fields) =>
    `rl idem delete ${shellWord(fields["key"] ?? "")}${
      fields["task"] ? ` --task ${shellWord(fields["task"])}` : ""
    }`,
  question: () => "Delete this key, so that its work can run again?",
  async run({ rl }, fields: FormFields) {
    const id = field(fields, "id");
    const [missed] = await rl.queue(id.split("~")[0]!).discard([id]);
    if (missed !== undefined) {
      throw new InvalidForm(
        "The task has not finished: only the key of a finished one can be deleted",
      );
    }
    return "Key deleted: its work can run again.";
  },
};

async function locksOf({ rl }: RequestContext): Promise<TaskSummary[]> {
  const queue = rl.queue(lockQueue);
  const [held, done] = await Promise.all([
    queue.page("running", { limit: mostLocks }),
    queue.page("completed", { limit: mostLocks, last: true }),
  ]);
  return [...held.tasks, ...done.tasks].slice(0, mostLocks);
}

function lockTable(locks: readonly TaskSummary[], ask: RequestContext): Html {
  const columns: Column<TaskSummary>[] = [
    {
      title: "hash of its key",
      of: ({ id }) => html`<span class="mono">${id.split("~").at(-1)}</span>`,
    },
    {
      title: "state",
      of: ({ state }) => state === "running" ? badge("held", "busy") : badge("done", "good"),
    },
    { title: "since", number: true, of: ({ since }) => moment(since, ask.now) },
    { title: "until", number: true, of: ({ at }) => moment(at, ask.now) },
  ];
  return table(locks, columns, {
    keyOf: ({ id }) => id,
    label: "Locks",
    empty: "No locks are held or stored.",
  });
}
