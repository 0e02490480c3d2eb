/**
 * What is around every page: navigation, what everybody chooses for themselves,
 * whether it is live, and the keys that work everywhere.
 *
 * @module
 */

import { assetNames } from "../generated/assets.ts";
import { type Html, html, type Value } from "./html.ts";
import { icon } from "./icons.ts";
import type { Page, RequestContext, View } from "../page.ts";
import { type Choice, choiceLabels, choices, type Preferences } from "./preferences.ts";

/** What a page is put into. */
export interface Frame {
  /** Where the dashboard is mounted; empty at the root. */
  readonly base: string;
  /** How whoever asks likes it. */
  readonly preferences: Preferences;
  /** What the last act came to. */
  readonly notice?: string | undefined;
}

/** A page, with everything around it. */
export function layout(
  ask: RequestContext,
  view: View,
  frame: Frame,
  pages: readonly Page[],
  leaves: boolean,
): Html {
  const first = ask.location.split(/[/?]/)[0]!;
  const entry = ({ path, nav }: Page): Html | false => {
    if (!nav) return false;
    const name = path.slice(1);
    const href = name === "" ? `${frame.base}/` : name;
    const current = first === name;
    return html`<li><a href="${href}" data-key="${nav.key}"${
      current && html`
        aria-current="page"
      `
    }>${icon(nav.icon)}<span>${nav.label}</span><kbd>${nav.key}</kbd></a></li>`;
  };
  const live = view.live && view.live.length > 0 ? `live/${ask.location}` : undefined;
  const body = html`
    <a class="skip" href="${ask.location}#main">Skip to the page</a>
    <header class="top"><a class="brand" href="${frame.base}/"><b>rl</b><span>Relier</span></a>
        <nav aria-label="Pages"><ul>${pages.map(entry)}</ul></nav>
        <div class="tools">${live !== undefined &&
          html`
            <button type="button" id="live" class="tool" aria-pressed="true"
              hidden><i></i><span>live</span></button>
          `}${live !== undefined && choice("every", frame.preferences)}${choice(
            "times",
            frame.preferences,
          )}${choice("theme", frame.preferences)}
        <button type="button" id="help-button" class="tool" hidden aria-label="Keys: ?">?</button>
        <span class="who" title="what you may do">${ask.user.name === ask.user.role
          ? ask.user.role
          : `${ask.user.name} · ${ask.user.role}`}</span>${leaves &&
          html`<form method="post" action="leave"><button class="tool">leave</button></form>`}</div></header>
    <main id="main"
      tabindex="-1"><div id="said" role="status">${frame.notice !== undefined &&
        html`<p class="said">${frame.notice}</p>`}</div><p id="trouble" role="alert" hidden></p>${view
        .body}</main>
    <footer id="command" aria-hidden="true" hidden></footer>
    <dialog id="question" aria-labelledby="question-text">
      <form method="dialog">
        <p id="question-text"></p>
        <p class="command"><code></code></p>
        <div class="buttons"><button value="no" autofocus>No</button>
        <button value="yes" class="danger">Do it</button></div>
      </form>
    </dialog>
    <dialog id="help" aria-labelledby="help-title">
      <form method="dialog">
        <h2 id="help-title">Keys</h2>
        <dl>${pages.flatMap(({ nav }) =>
          nav
            ? [html`
              <dt><kbd>${nav.key}</kbd></dt>
              <dd>${nav.label}</dd>
            `]
            : []
        )}${keys.map(([key, what]) =>
          html`
            <dt><kbd>${key}</kbd></dt>
            <dd>${what}</dd>
          `
        )}</dl>
        <div class="buttons"><button>Close</button></div>
      </form>
    </dialog>
  `;
  return document(view.title, body, frame, live);
}

/** A button that goes from one choice to the next. */
function choice(name: Choice, taste: Preferences): Html {
  const now = taste[name];
  const label = choiceLabels[name];
  return html`
    <button type="button" id="${name}" class="tool" hidden value="${now}"
      data-choices="${choices[name].join(" ")}" data-named="${label}"
      aria-label="${label}: ${now}" title="${label}: ${now}">${now}</button>
  `;
}

const keys: readonly (readonly [key: string, what: string])[] = [
  ["/", "search"],
  ["j k", "next and last row"],
  ["r", "look again"],
  ["l", "live, or not"],
  ["?", "these keys"],
];

/** A page with nothing around it, for whoever is not in yet and for what went wrong. */
export function bare(title: string, body: Value, frame: Frame): Html {
  return document(title, html`<main id="main" class="bare">${body}</main>`, frame);
}

const logo = "data:image/svg+xml," +
  "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' " +
  "fill='%23c2410c'/%3E%3Cpath d='M8 13c-3 0-4.5-2-4.5-4 0-3 2.5-3.500 2-6.500 2.5 1 3 2.5 3 4 " +
  ".7-.4 1-1 1-1.8C11.5 6 12.5 7.500 12.5 9c0 2-1.500 4-4.5 4z' fill='white'/%3E%3C/svg%3E";

function document(title: string, body: Html, { base, preferences }: Frame, live?: string): Html {
  return html`
    <!doctype html>
    <html lang="en" data-theme="${preferences.theme}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
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
