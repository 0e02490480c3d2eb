/**
 * `rl init`: writes a small working project.
 *
 * @module
 */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type Command, command, type Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { choice } from "../framework/option_values.ts";
import { managers, type Project, templates } from "./init/project.ts";
import { type Files, filesOf } from "./init/project_files.ts";
import { ask } from "./init/ask.ts";

const args = {
  dir: {
    type: "positional",
    required: false,
    description:
      "Folder of the project; created if it does not exist (default: this one, if empty)",
  },
  template: {
    type: "string",
    valueHint: "hono|express|fastify|nestjs|next|bun|deno|cloudflare",
    description: "Framework or runtime (default: asks, else hono)",
  },
  pm: {
    type: "string",
    valueHint: "npm|pnpm|bun|deno",
    description: "Package manager (default: npm, or the runtime of the template)",
  },
  force: { type: "boolean", description: "Overwrite existing files" },
} as const;

const init: Command<typeof args> = command({
  summary: "Write a small project: a task, a server, a worker, a test",
  examples: ["rl init shop", "rl init shop --template express --pm pnpm --yes"],
  args,
  offline: true,
  async run(context): Promise<void> {
    const { args: given, out, host } = context;
    const folder = resolve(host.cwd, given.dir ?? await folderFor(context));
    const project = await projectOf(context, folder);
    const files = filesOf(project);
    const existing = Object.keys(files).filter((path) => existsSync(join(folder, path)));
    if (existing.length > 0 && !given.force) {
      throw new CliError(
        5,
        `Cannot write the project: ${existing.join(", ")} would be overwritten`,
        {
          hint: "name an empty folder, or pass --force",
        },
      );
    }
    write(folder, files);
    const paths = Object.keys(files).sort();
    const shown = relative(host.cwd, folder) || ".";
    out.record({ ...project, folder, files: paths }, () => {
      for (const path of paths) out.line(`${out.style.green("+")} ${join(shown, path)}`);
      const next = ["", "next:", ...shown === "." ? [] : [`  cd ${shown}`], ...commandsOf(files)];
      out.line(...next);
    });
  },
});

export default init;

/** The folder if none is named: this one if it is empty, else the one that a user names. */
async function folderFor(context: Context<typeof args>): Promise<string> {
  const { args: { force }, host } = context;
  // Git makes its folder before the project begins.
  if (force || readdirSync(host.cwd).every((name) => name === ".git")) return ".";
  const named = await ask(context, "Folder of the project", [""]);
  if (named !== "") return named;
  throw new CliError(5, "Cannot write the project: this folder is not empty", {
    hint: 'name a new one, such as "rl init my-app", or pass "." for this one',
  });
}

async function projectOf(context: Context<typeof args>, folder: string): Promise<Project> {
  const { args: { template: named, pm } } = context;
  const name = basename(folder).toLowerCase().replace(/[^a-z0-9-]+/g, "-").replace(/^-+|-+$/g, "");
  if (name === "" || name.length > 60) {
    throw new CliError(2, `Cannot name a project after the folder "${basename(folder)}"`, {
      hint: "name a folder with letters or digits, at most 60",
    });
  }
  const template = choice(
    "--template",
    named ?? await ask(context, "Template", templates),
    templates,
  );
  const own = template === "bun" || template === "deno" ? template : undefined;
  const manager = choice("--pm", pm ?? own ?? "npm", managers);
  if (own ? manager !== own : manager === "deno") {
    throw new CliError(2, `Cannot use option --pm "${manager}" with template ${template}`, {
      hint: own ? `${own} installs its packages itself` : "npm, pnpm and bun can install it",
    });
  }
  return { name, template, pm: manager };
}

function write(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** The first three commands of the README. */
function commandsOf(files: Files): string[] {
  const block = /```sh\n([^]*?)```/.exec(files["README.md"]!)![1]!;
  return block.trim().split("\n").map((line) => `  ${line}`);
}
