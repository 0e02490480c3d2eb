/**
 * The dashboard of Grafana and the alerts of Prometheus that the package ships, with what they ask.
 *
 * @module
 */

import { read } from "./tree.ts";

/** The parts of a dashboard that a test reads. */
export interface Board {
  readonly panels: readonly {
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition: string }[] };
}

/** The shipped dashboard. */
export function board(): Board {
  return JSON.parse(read("adapters/grafana/dashboard.json")) as Board;
}

/** The shipped alerts: the lines of each, and its expression. */
export function alerts(): { readonly text: string; readonly expr: string }[] {
  return read("adapters/grafana/alerts.yml").split("- alert: ").slice(1).map((text) => {
    const [, block, line] = /^ +expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/m.exec(text)!;
    return { text, expr: block ?? line! };
  });
}

/** Each expression with the labels that its legend or its summary names. */
export function queries(): { readonly expr: string; readonly shows: readonly string[] }[] {
  return [
    ...board().panels.flatMap(({ targets }) =>
      targets.map(({ expr, legendFormat }) => ({
        expr,
        shows: namesIn(legendFormat, /{{(\w+)}}/g),
      }))
    ),
    ...alerts().map(({ text, expr }) => ({ expr, shows: namesIn(text, /\$labels\.(\w+)/g) })),
  ];
}

/** The names in each match of `what`, separated by commas. */
export function namesIn(text: string, what: RegExp): string[] {
  return [...text.matchAll(what)].flatMap(([, found]) => found!.split(/,\s*/));
}
