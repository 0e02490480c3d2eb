/**
 * A new project: its template, its package manager, and its files.
 *
 * @module
 */

import { version } from "../../framework/version.ts";
import { layers } from "./generated/templates.ts";

/** The templates. */
export const templates = ["hono", "express", "bun", "deno", "cloudflare"] as const;

/** The package managers. */
export const managers = ["npm", "pnpm", "bun", "deno"] as const;

/** A project to write. */
export interface Project {
  readonly name: string;
  readonly template: typeof templates[number];
  readonly pm: typeof managers[number];
}

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

interface Template {
  readonly title: string;
  /** Folders of `templates/`, whose files together are the project. */
  readonly layers: readonly string[];
}

const described: Readonly<Record<Project["template"], Template>> = {
  hono: { title: "Hono", layers: ["common", "server", "node", "hono"] },
  express: { title: "Express", layers: ["common", "server", "node", "express"] },
  bun: { title: "Bun", layers: ["common", "server", "web", "web_server", "bun"] },
  deno: { title: "Deno", layers: ["common", "server", "web", "web_server", "deno"] },
  cloudflare: { title: "Cloudflare Workers", layers: ["common", "node", "web", "cloudflare"] },
};

/** The files of `project`. */
export function filesOf(project: Project): Files {
  const { name, template, pm } = project;
  const { title, layers: names } = described[template];
  const values: Record<string, string> = { name, title, version, pm, ...commandsOf(project) };
  const fill = (text: string): string =>
    text.replace(/\$([a-zA-Z]+)\b/g, (whole, variable) => values[variable] ?? whole);
  const files = Object.assign({}, ...names.map((layer) => layers[layer]!)) as Files;
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      path.endsWith(".md") ? alignComments(fill(text)) : fill(text),
    ]),
  );
}

/** The commands in the README and the deployment of a project. */
function commandsOf({ template, pm }: Project): Record<string, string> {
  const run = template === "deno" ? "deno task" : `${pm} run`;
  return {
    installCommand: `${pm} install`,
    redisCommand: `${run} dev`,
    serverCommand: template === "hono" || template === "express" ? `${pm} start` : `${run} start`,
    workerCommand: `${run} worker`,
    testCommand: template === "bun" ? "bun test" : `${run} test`,
  };
}

/** Aligns the comments behind the commands of each code block: commands differ in length. */
function alignComments(text: string): string {
  return text.replace(/(?<=```sh\n)[^`]+/g, (block) => {
    const lines = block.split("\n").map((line) => line.split(/ +# /));
    const width = Math.max(...lines.map(([command, what]) => what ? command!.length : 0));
    return lines.map(([command, what]) => what ? `${command!.padEnd(width)}   # ${what}` : command)
      .join("\n");
  });
}
