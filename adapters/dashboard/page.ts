/**
 * The contracts of pages, downloads and actions, and the context that each gets.
 *
 * @module
 */

import type { History, HistoryRange } from "../../core/console/history.ts";
import type { TaskType } from "../../core/console/task_types.ts";
import type { Relier } from "../../mod.ts";
import type { Html, Part } from "./ui/html.ts";
import type { IconName } from "./ui/icons.ts";
import type { Snapshot } from "./live/snapshot.ts";
import type { DashboardRole, DashboardUser } from "./access/role.ts";

/** The system that a dashboard shows. */
export interface SystemFacts {
  /** The name that the application gave it, such as `production`. */
  readonly environment: string | undefined;
  /** Host and port of Redis; undefined if the client does not know them. */
  readonly redis: string | undefined;
  /** The prefix of all keys. */
  readonly prefix: string;
  /** The version of this package. */
  readonly version: string;
}

/** The time and the subject of a history. */
export interface HistoryOptions {
  readonly queue?: string;
  readonly name?: string;
  readonly range: HistoryRange;
}

/** One request of a user, with everything that pages and actions need to answer it. */
export interface RequestContext {
  readonly rl: Relier;
  readonly system: SystemFacts;
  /** The state of the system; at most a second old, and shared by all users. */
  snapshot(): Promise<Snapshot>;
  /** The history of everything, a queue or a task; at most some seconds old, and shared. */
  history(options: HistoryOptions): Promise<History>;
  /** The task types; at most some seconds old, and shared. */
  taskTypes(options: HistoryOptions): Promise<readonly TaskType[]>;
  readonly user: Required<DashboardUser>;
  /** True if the user has this role, or a higher one, and the dashboard is not read-only. */
  may(role: DashboardRole): boolean;
  /** True if the user may see payloads, results and stack traces. */
  readonly showsPayloads: boolean;
  /** Path parameters, such as `queue` of `/queues/:queue`. */
  readonly params: Readonly<Record<string, string>>;
  /** The query. It is not trusted: anyone can write a link. */
  readonly query: URLSearchParams;
  /** Path and query of the page, relative to the root of the dashboard. */
  readonly location: string;
  /** True if an open page is refreshed. */
  readonly isRefresh: boolean;
  /** The time of the request, in ms since 1970. */
  readonly now: number;
}

/** A rendered page. */
export interface View {
  readonly title: string;
  /** The whole page; it contains the `html` of each live part. */
  readonly body: Html;
  /** The parts that are sent again when they change. */
  readonly live?: readonly Part[];
}

/** A page. It is rendered when it is opened, and again at each refresh. */
export interface Page {
  /** The path from the root of the dashboard, such as `/queues/:queue`. */
  readonly path: string;
  /** The entry in the navigation; absent for a page that others link to. */
  readonly nav?: { readonly label: string; readonly key: string; readonly icon: IconName };
  /** @throws {PageNotFound} if its subject does not exist. */
  view(ask: RequestContext): Promise<View>;
}

/** A file that is generated while it is downloaded. */
export interface Download {
  readonly path: string;
  readonly role: DashboardRole;
  readonly headers: Readonly<Record<string, string>>;
  /** The file. It is called once for each download, and read as fast as the client takes it. */
  content(ask: RequestContext): Promise<ReadableStream<Uint8Array>>;
}

/** The result of an action: a message, a message and the page to go to, or a page to show. */
export type ActionResult =
  | string
  | { readonly said: string; readonly back: string }
  | { readonly shown: Html; readonly status?: 200 | 400 };

/** The fields of a form; several values of one name are joined with commas. */
export type FormFields = Readonly<Record<string, string>>;

/** An action behind a button. */
export interface Action {
  /** Such as `queue.pause`: part of the URL, and the name in the log of actions. */
  readonly name: string;
  readonly role: Exclude<DashboardRole, "viewer">;
  /** The target for the log of actions; never part of a payload. @throws {InvalidForm} */
  target(fields: FormFields): string;
  /** The equivalent command of the CLI. */
  command(fields: FormFields): string;
  /** The question to confirm first; absent if none is needed, or if {@linkcode preview} asks. */
  question?(fields: FormFields): string | undefined;
  /** A page to show instead of acting; nothing is logged for it. @throws {InvalidForm} */
  preview?(ask: RequestContext, fields: FormFields): Promise<Html | undefined>;
  /** Performs the action. @throws {InvalidForm} */
  run(ask: RequestContext, fields: FormFields): Promise<ActionResult>;
}

/** The requested page, or its subject, does not exist. */
export class PageNotFound extends Error {
  override name = "PageNotFound";
}

/** A form with missing or malformed fields. */
export class InvalidForm extends Error {
  override name = "InvalidForm";
}

/** The field `name`. @throws {InvalidForm} if it is empty or absent. */
export function field(fields: FormFields, name: string): string {
  const value = fields[name];
  if (value !== undefined && value.trim() !== "") return value;
  throw new InvalidForm(`The field "${name}" is missing`);
}

/** The field `queue`. @throws {InvalidForm} if it is no valid queue name. */
export function queueField(fields: FormFields): string {
  const name = field(fields, "queue");
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) return name;
  throw new InvalidForm("The queue name is not valid");
}
