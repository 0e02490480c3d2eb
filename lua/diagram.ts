/**
 * Draws the life of a task as a diagram.
 *
 * @module
 */

import { type Transition, transitions } from "../core/states.ts";

/** Returns the page `text` with the diagram of the state table between its markers. */
export function illustrate(text: string): string {
  const rows = (transitions as readonly Transition[]).filter(({ by, from, to }) =>
    from !== to && (by !== "producer" || from === null)
  );
  const arrows = new Map<string, string[]>();
  for (const { on, from, to } of rows) {
    if (on === "lock" || on === "unlock") continue;
    const arrow = `${from ?? "[*]"} --> ${to ?? "[*]"}`;
    arrows.set(arrow, [...arrows.get(arrow) ?? [], on]);
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(", ")}`);
  const diagram = ["```mermaid", "stateDiagram-v2", ...lines, "```"].join("\n");
  return text.replace(
    /(<!-- states:begin -->)[^]*(<!-- states:end -->)/,
    `$1\n\n${diagram}\n\n$2`,
  );
}
