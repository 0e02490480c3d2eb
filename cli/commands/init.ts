/**
 * `rl init`: a small project that works.
 *
 * @module
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type Command, command, type Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { choice } from "../framework/option_values.ts";
import { cloudflareFiles } from "./init/template_cloudflare.ts";
import { nodeFiles } from "./init/template_node.ts";
import { type Files, managers, type Project, templates } from "./init/project.ts";
import { bunFiles, denoFiles } from "./init/template_web.ts";
import { ask } from "./init/ask.ts";

const args = {
  dir: {
    type: "positional",
    default: ".",
    description: "Where to write it; made if it is not there",
  },
  template: {
    type: "string",
    valueHint: "hono|express|bun|deno|cloudflare",
    description: "What it is built on (asks; hono)",
  },
  pm: {
    type: "string",
    valueHint: "npm|pnpm|bun|deno",
    description: "What installs packages (npm; bun or deno for their own templates)",
  },
  force: { type: "boolean", description: "Write over files that are in the way" },
} as const;

const writers = {
  hono: nodeFiles,
  express: nodeFiles,
  bun: bunFiles,
  deno: denoFiles,
  cloudflare: cloudflareFiles,
} as const;

const init: Command<typeof args> = command({
  summary: "Write a small project: a task, a server, a worker, a test",
  examples: ["rl init shop", "rl init shop --template express --pm pnpm --yes"],
  args,
  offline: true,
  async run(context): Promise<void> {
    const { args: given, out, host } = context;
    const folder = resolve(host.cwd, given.dir);
    const project = await projectOf(context, folder);
    const files = writers[project.template](project);
    const inTheWay = Object.keys(files).filter((path) => existsSync(join(folder, path)));
    if (inTheWay.length > 0 && !given.force) {
      throw new CliError(
        5,
        `Cannot write the project: ${inTheWay.join(", ")} would be overwritten`,
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
