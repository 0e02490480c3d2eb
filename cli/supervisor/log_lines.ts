/**
 * Log lines of supervised workers, as text or JSON.
 *
 * @module
 */

import type { Output } from "../framework/output.ts";
import { listSome, plural, shortId } from "../../core/console/mod.ts";
import type { SupervisorEvent } from "./process_slot.ts";

/** Prints events to `out`, each with the name of its worker. */
export function createEventLog(out: Output): (event: SupervisorEvent) => void {
  let widest = 0;
  const { dim, cyan } = out.style;
  return (event) => {
    widest = Math.max(widest, event.child.length);
    const name = cyan(event.child.padEnd(widest));
    out.record({ at: new Date(), ...event }, () => {
      const text = eventLine(event, out);
      if (text !== undefined) out.line(`${name} ${dim("│")} ${text}`);
    });
  };
}

/** Text of an event; undefined if it is only for programs. */
export function eventLine(
  event: SupervisorEvent,
  out: Pick<Output, "style" | "span" | "wide">,
): string | undefined {
  const { reason = "", worker, pid, ids = [], handedOff = 0, ms = 0 } = event;
  const { dim, green, yellow, red, magenta } = out.style;
  const why = reason === "" ? "" : dim(` (${reason})`);
  const named = (id: string): string => out.wide ? id : shortId(id);
  const task = `${event.task ? `${event.task} ` : ""}${named(event.id ?? "")}`;
  switch (event.what) {
    case "output":
      return event.text;
    case "ready":
      return `${green("●")} ready ${dim(`${worker} · pid ${pid}`)}`;
    case "draining":
      return "⏳ entering drain mode, no new claims";
    case "left":
      return `${green("✓")} left${reason === "supervisor" ? "" : why}${
        handedOff > 0 ? `, ${plural(handedOff, "task")} handed off` : ""
      }`;
    case "ended":
      return `${red("✖")} ended: ${reason}`;
    case "restarting":
      return ms > 0 ? `${yellow("↻")} restarts in ${out.span(ms)}` : undefined;
    case "recycling":
      return `${yellow("↻")} replaced${why}`;
    case "evicted":
      return ids.length === 0
        ? undefined
        : `${magenta("◆")} ${plural(ids.length, "task")} resurrected${why}: ${
          listSome(ids.map(named), 3)
        }`;
    case "completed":
      return `${green("✓")} ${task} completed`;
    case "failed":
      return `${yellow("✗")} ${task} failed${why}`;
    case "dead":
      return `${red("✖")} ${task} is dead${why}`;
    case "handedOff":
      return `${yellow("⚠")} ${task} handed off${why}`;
    case "cancelled":
      return `${yellow("○")} ${task} cancelled${why}`;
    case "fenced":
      return `${yellow("⚠")} ${task} fenced: another worker holds it, nothing was written`;
    case "resurrected":
      return `${magenta("◆")} ${task} resurrected${why}`;
    case "stalled":
    case "error":
      return `${yellow("⚠")} ${reason}`;
    default:
      return undefined;
  }
}
