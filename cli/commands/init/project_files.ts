/**
 * The files of a new project.
 *
 * @module
 */

import { version } from "../../framework/version.ts";
import { deploymentOf } from "./deployment.ts";
import { layers } from "./generated/templates.ts";
import type { Project } from "./project.ts";

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

interface Template {
  readonly title: string;
  /** Folders of `templates/`, whose files together are the project. */
  readonly layers: readonly string[];
}

const server = ["tested", "server"];

const described: Readonly<Record<Project["template"], Template>> = {
  hono: { title: "Hono", layers: [...server, "tasks", "node", "listening", "hono_app", "hono"] },
  express: {
    title: "Express",
    layers: [...server, "tasks", "node", "listening", "served", "express"],
  },
  fastify: { title: "Fastify", layers: [...server, "tasks", "node", "served", "fastify"] },
  nestjs: { title: "NestJS", layers: [...server, "served", "nestjs"] },
  next: { title: "Next.js", layers: [...server, "tasks", "next"] },
  bun: { title: "Bun", layers: [...server, "tasks", "node", "hono_app", "bun"] },
  deno: { title: "Deno", layers: [...server, "tasks", "hono_app", "deno"] },
  cloudflare: {
    title: "Cloudflare Workers",
    layers: ["tested", "tasks", "node", "hono_app", "cloudflare"],
  },
};

/** The files of `project`. */
export function filesOf(project: Project): Files {
  const { name, template, pm } = project;
  const { title, layers: names } = described[template];
  const values: Record<string, string> = {
    name,
    title,
    version,
    pm,
    ...commandsOf(project),
    ...deploymentOf(project),
  };
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

/** The commands in the README and the Procfile of a project. */
function commandsOf({ template, pm }: Project): Record<string, string> {
  const run = template === "deno" ? "deno task" : `${pm} run`;
  const tasks = {
    redisCommand: `${run} ${template === "next" ? "tasks" : "dev"}`,
    redisComment: "a Redis, and workers for src/tasks.ts; Ctrl-C drains",
    redisUrl: "redis://…",
    redisUrlComment: "in another terminal: the URL that this printed",
  };
  const compose = {
    redisCommand: "docker compose up redis worker",
    redisComment: "a Redis, and a worker; Ctrl-C drains",
    redisUrl: "redis://127.0.0.1:6379",
    redisUrlComment: "in another terminal",
  };
  const serverCommand = {
    nestjs: `${run} build && ${run} start`,
    next: `${run} dev`,
  } as Partial<Record<string, string>>;
  return {
    ...template === "nestjs" ? compose : tasks,
    types: template === "bun" ? "bun" : "node",
    installCommand: `${pm} install`,
    serverCommand: serverCommand[template] ?? `${run} start`,
    startCommand: `${run} start`,
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
