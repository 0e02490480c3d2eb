/**
 * The frame of every page: navigation, preferences, the live switch, dialogs and keyboard
 * shortcuts.
 *
 * @module
 */

import { assetNames } from "../generated/assets.ts";
import { type Html, html, type Value } from "./html.ts";
import { icon } from "./icons.ts";
import type { Page, RequestContext, SystemFacts, View } from "../page.ts";
import {
  type Choice,
  choiceLabels,
  choices,
  choiceWords,
  type Preferences,
} from "./preferences.ts";

/** The facts of a request that the frame needs. */
export interface Frame {
  /** The mount path of the dashboard; empty at the root. */
  readonly base: string;
  readonly preferences: Preferences;
  /** The message of the last action. */
  readonly notice?: string | undefined;
}

/** Renders a page with its frame; `canLeave` adds a button to sign out. */
export function layout(
  ask: RequestContext,
  view: View,
  frame: Frame,
  pages: readonly Page[],
  canLeave: boolean,
): Html {
  const live = view.live && view.live.length > 0 ? `live/${ask.location}` : undefined;
  const body = html`
    <a class="skip" href="${ask.location}#main">Skip to content</a>
    <header class="top"><a class="brand" href="${frame.base}/"><b>rl</b><span>Relier</span></a>
        ${systemFacts(ask.system)}
        <button type="button" class="menu tool" popovertarget="pages">Menu</button>
        <nav id="pages" popover aria-label="Pages"><ul>${pages.map((page) =>
          navEntry(page, ask, frame)
        )}</ul></nav>${settings(ask, frame, live !== undefined, canLeave)}</header>
    <main id="main"
      tabindex="-1"><div id="said" role="status">${frame.notice !== undefined &&
        html`<p class="said">${frame.notice}</p>`}</div><p id="trouble" role="alert" hidden></p>${view
        .body}</main>
    <footer id="command" aria-hidden="true" hidden></footer>${questionDialog}${helpDialog(pages)}
  `;
  return document(view.title, body, frame, live);
}

/** The system that the page is about: its environment, its Redis and the prefix of its keys. */
function systemFacts({ environment, redis, prefix }: SystemFacts): Html {
  return html`
    <div class="system">${environment !== undefined &&
      html`<span class="env ${environmentTone(environment)}">${environment}</span>`}<span
      class="where" title="Redis and the prefix of keys">${redis !== undefined &&
        html`
          <bdi>${redis}</bdi>
        `}<code>${prefix}:</code></span></div>
  `;
}

/** A production system is marked, so that it is not taken for another. */
function environmentTone(environment: string): string {
  return /^prod/i.test(environment)
    ? "tone-bad"
    : /^(stag|pre)/i.test(environment)
    ? "tone-warn"
    : "tone-busy";
}

function navEntry({ path, nav }: Page, ask: RequestContext, { base }: Frame): Html | false {
  if (!nav) return false;
  const name = path.slice(1);
  const current = ask.location.split(/[/?]/)[0] === name;
  return html`<li><a href="${name === "" ? `${base}/` : name}" data-key="${nav.key}"${
    current && html`
      aria-current="page"
    `
  }>${icon(nav.icon)}<span>${nav.label}</span><kbd>${nav.key}</kbd></a></li>`;
}

function settings(
  { user: { name, role }, location, system }: RequestContext,
  { preferences }: Frame,
  isLive: boolean,
  canLeave: boolean,
): Html {
  const who = name === role ? role : `${name} · ${role}`;
  return html`
    <div
      class="tools">${isLive &&
        html`
          <button type="button" id="live" class="tool" aria-pressed="true"
            hidden><i></i><span>live</span></button>
        `}<details class="settings"><summary>Settings</summary><div class="panel">
        <form action="preferences"><input type="hidden" name="back" value="${location}">${(Object
          .keys(choices) as Choice[]).map((each) =>
            choice(each, preferences)
          )}<noscript><button>Apply</button></noscript></form>
        <button type="button" id="help-button" hidden>Keyboard shortcuts <kbd>?</kbd></button>${canLeave &&
          html`<form method="post" action="leave"><button>Sign out</button></form>`}<p class="dim">Signed in as ${who}<br>Relier ${system
          .version}</p></div></details></div>
  `;
}

/** A preference and its values. */
function choice(name: Choice, preferences: Preferences): Html {
  return html`
    <label>${choiceLabels[name]}<select id="${name}" name="${name}">${choices[name].map((each) =>
      html`
        <option value="${each}" ${each === preferences[name] && html`
          selected
        `}>${choiceWords[each] ?? each}</option>
      `
    )}</select></label>
  `;
}

const questionDialog = html`
  <dialog id="question" aria-labelledby="question-text">
    <form method="dialog">
      <p id="question-text"></p>
      <p class="command"><code></code></p>
      <div class="buttons"><button value="no" autofocus>Back</button>
      <button value="yes" class="danger">Confirm</button></div>
    </form>
  </dialog>
`;

const shortcuts: readonly (readonly [key: string, what: string])[] = [
  ["/", "search"],
  ["j k", "next and previous row"],
  ["Enter", "open the row"],
  ["x", "select the row"],
  ["r", "reload"],
  ["l", "live updates on or off"],
  ["?", "keyboard shortcuts"],
];

function helpDialog(pages: readonly Page[]): Html {
  const all = [
    ...pages.flatMap(({ nav }) => nav ? [[nav.key, nav.label] as const] : []),
    ...shortcuts,
  ];
  return html`
    <dialog id="help" aria-labelledby="help-title">
      <form method="dialog">
        <h2 id="help-title">Keyboard shortcuts</h2>
        <dl>${all.map(([key, what]) =>
          html`
            <dt><kbd>${key}</kbd></dt>
            <dd>${what}</dd>
          `
        )}</dl>
        <div class="buttons"><button>Close</button></div>
      </form>
    </dialog>
  `;
}

/** A panel with a title, a text and a link. */
export function messagePanel(title: string, text: string, link: string, href: string): Html {
  return html`
    <section class="panel">
      <h1>${title}</h1>
      <p>${text}</p>
      <p><a class="button" href="${href}">${link}</a></p>
    </section>
  `;
}

/**
 * A page without the frame, for users who are not signed in and for errors. It loads itself
 * again after `retrySeconds`, if that is given.
 */
export function bare(title: string, body: Value, frame: Frame, retrySeconds?: number): Html {
  const content = html`<main id="main" class="bare"><p class="brand"><b>rl</b><span>Relier
    dashboard</span></p>${body}</main>`;
  return document(title, content, { ...frame, retrySeconds });
}

const logo = "data:image/svg+xml," +
  "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' " +
  "fill='%23c2410c'/%3E%3Cpath d='M8 13c-3 0-4.5-2-4.5-4 0-3 2.5-3.500 2-6.500 2.5 1 3 2.5 3 4 " +
  ".7-.4 1-1 1-1.8C11.5 6 12.5 7.500 12.5 9c0 2-1.500 4-4.5 4z' fill='white'/%3E%3C/svg%3E";

function document(
  title: string,
  body: Html,
  { base, preferences, retrySeconds }: Frame & { readonly retrySeconds?: number | undefined },
  live?: string,
): Html {
  return html`
    <!doctype html>
    <html lang="en" data-theme="${preferences.theme}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">${retrySeconds !== undefined &&
          html`<meta http-equiv="refresh" content="${retrySeconds}">`}
        <title>${title} · Relier</title>
        <base href="${base}/">
        <link rel="icon" href="${logo}">
        <link rel="stylesheet" href="assets/${assetNames.css}">
        <script src="assets/${assetNames.js}" defer></script>
      </head>
      <body${live !== undefined && html`
        data-live="${live}"
      `}>${body}</body></html>
  `;
}
