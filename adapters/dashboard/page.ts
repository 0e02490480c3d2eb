/**
 * What a page is, what an act is, and what both get to work with.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";
import type { Html, Part } from "./ui/html.ts";
import type { IconName } from "./ui/icons.ts";
import type { Snapshot } from "./live/snapshot.ts";
import type { DashboardRole, DashboardUser } from "./access/role.ts";

/** A request for a page. */
export interface RequestContext {
  readonly rl: Relier;
  /** How everything stands; at most a second old, and asked for once for all who look. */
  snapshot(): Promise<Snapshot>;
  readonly user: Required<DashboardUser>;
  /** Whether the user may do what takes this role, and the dashboard lets anybody. */
  may(role: DashboardRole): boolean;
  /** Whether payloads, results and stacks may be shown to the user. */
  readonly showsPayloads: boolean;
  /** What the path of the page names, such as `queue` in `/queues/:queue`. */
  readonly params: Readonly<Record<string, string>>;
  /** The query of the page. Anybody may have written it. */
  readonly query: URLSearchParams;
  /** The page and its query, from the root of the dashboard and without a slash in front. */
  readonly location: string;
  /** Whether it is asked for those who look at it already. */
  readonly isRefresh: boolean;
  /** When it was asked, in ms since 1970. */
  readonly now: number;
}

/** What a page shows. */
export interface View {
  readonly title: string;
  /** All of it; the `html` of its parts stands in it. */
  readonly body: Html;
  /** What is sent again when it changes. */
  readonly live?: readonly Part[];
}

/** A page. It is asked for its view when it is opened, and again and again while it is looked at. */
export interface Page {
  /** From the root of the dashboard: `/queues/:queue`. */
  readonly path: string;
  /** Its place in the navigation; absent if others lead to it. */
  readonly nav?: { readonly label: string; readonly key: string; readonly icon: IconName };
  /** @throws {PageNotFound} if it is about something that is not there. */
  view(ask: RequestContext): Promise<View>;
}

/** A file that is made while it is downloaded. */
export interface Download {
  readonly path: string;
  readonly role: DashboardRole;
  answer(ask: RequestContext): Promise<Response>;
}

/** What an act came to: what is said then, and where if not where it was asked; or what is shown. */
export type ActionResult =
  | string
  | { readonly said: string; readonly back: string }
  | { readonly shown: Html; readonly status?: 200 | 400 };

/** The fields of a form; what is there several times is one text, with commas. */
export type FormFields = Readonly<Record<string, string>>;

/** Something that is done by a button. */
export interface Action {
  /** `queue.pause`; it is posted to `act/queue.pause`, and recorded by this name. */
  readonly name: string;
  readonly role: Exclude<DashboardRole, "viewer">;
  /** What it is done to, as it is recorded. Nothing of a payload. @throws {InvalidForm} */
  target(fields: FormFields): string;
  /** The command line that does the same. */
  command(fields: FormFields): string;
  /** What is asked before it is done; absent if it is done at once, or if {@linkcode preview} asks. */
  question?(fields: FormFields): string | undefined;
  /** What is shown instead of doing it, before anything is recorded. @throws {InvalidForm} */
  preview?(ask: RequestContext, fields: FormFields): Promise<Html | undefined>;
  /** Does it. @throws {InvalidForm} */
  run(ask: RequestContext, fields: FormFields): Promise<ActionResult>;
}

/** What was asked for is not there. */
export class PageNotFound extends Error {
  override name = "NotHere";
}

/** A form that no page of ours sends. */
export class InvalidForm extends Error {
  override name = "BadForm";
}

/** The field `name`. @throws {InvalidForm} if it is empty or absent. */
export function field(fields: FormFields, name: string): string {
  const value = fields[name];
  if (value !== undefined && value.trim() !== "") return value;
  throw new InvalidForm(`The field "${name}" is missing`);
}

/** The queue that the field `queue` names. @throws {InvalidForm} if none can have that name. */
export function queueField(fields: FormFields): string {
  const name = field(fields, "queue");
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) return name;
  throw new InvalidForm("No queue has such a name");
}
