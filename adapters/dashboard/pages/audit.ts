/**
 * The page of the consistency check and the log of actions.
 *
 * @module
 */

import type { RecordedAction } from "../../../mod.ts";
import { plural } from "../../../core/console/format.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import type { Page, RequestContext } from "../page.ts";
import { button, clock, type Column, moment, section, table } from "../ui/components.ts";
import { repairQueue } from "../actions/queue_actions.ts";

const perPage = 50;
const mostShown = 50;

/** The page. */
export const audit: Page = {
  path: "/audit",
  nav: { label: "Audit", key: "u", icon: "audit" },
  async view(ask) {
    const cursor = ask.query.get("cursor");
    const checked = ask.query.get("check");
    // Neither a check nor an older page of the log is repeated.
    const isFixed = cursor !== null || checked !== null;
    if (ask.isRefresh && isFixed) return { title: "Audit", body: html``, live: [] };
    const { actions, cursor: next } = await ask.rl.actions({
      limit: perPage,
      ...cursor !== null && { cursor },
    });
    const log = part("log", actionTable(actions, ask));
    const older = next !== null &&
      html`<p><a class="button" href="audit?cursor=${encodeURIComponent(next)}">Earlier</a></p>`;
    return {
      title: "Audit",
      body: html`<h1>Audit</h1>${ask.isRefresh ? false : await invariants(ask, checked)}${
        section(
          "Actions",
          html`${log.html}${older}`,
          html`<span>the last 10,000</span>`,
        )
      }`,
      live: isFixed ? [] : [log],
    };
  },
};

async function invariants(ask: RequestContext, checked: string | null): Promise<Html> {
  const { queues } = await ask.snapshot();
  const names = queues.map(({ name }) => name);
  const found = checked !== null && names.includes(checked) && ask.showsPayloads
    ? await ask.rl.queue(checked).audit()
    : undefined;
  return section(
    "Consistency check",
    html`
      <form action="audit"
        class="row"><label>Queue <select name="check">${names.map((name) =>
          html`
            <option value="${name}" ${name === checked && html`
              selected
            `}>${name}</option>
          `
        )}</select></label><button>Check now</button><code class="dim">rl audit</code></form>${found !==
            undefined && checked !== null && checkResult(ask, checked, found)}
    `,
    "reads the whole queue, in small steps",
  );
}

function checkResult(ask: RequestContext, queue: string, broken: readonly string[]): Value {
  if (broken.length === 0) {
    return html`<p class="note good">Queue <b>${queue}</b> is consistent.</p>`;
  }
  return html`
    <div
      class="note warn"><p><b>${plural(
        broken.length,
        "problem",
      )} in queue ${queue}</b>. A task in transition is gone from this list when you check again.</p><ul class="plain">${broken
        .slice(0, mostShown).map((what) => html`<li>${what}</li>`)}</ul>${button(
          ask,
          repairQueue,
          { queue },
          "Repair",
          "danger",
        )}</div>
  `;
}

function actionTable(actions: readonly RecordedAction[], ask: RequestContext): Html {
  const columns: Column<RecordedAction>[] = [
    { title: "when", of: ({ at }) => html`<span class="nowrap">${moment(at, ask.now)}</span>` },
    { title: "at", wide: true, of: ({ at }) => html`<span class="dim nowrap">${clock(at)}</span>` },
    { title: "user", of: ({ actor }) => html`<b>${actor}</b>` },
    { title: "action", of: ({ action }) => html`<code>${action}</code>` },
    { title: "target", of: ({ target }) => html`<span class="mono break">${target}</span>` },
    { title: "surface", of: ({ surface }) => surface },
  ];
  return table(actions, columns, {
    keyOf: ({ at, target }) => `${at.getTime()} ${target}`,
    label: "Actions",
    empty: "No actions yet.",
  });
}
