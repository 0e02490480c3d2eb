/**
 * The projects of `rl init` from the packed package: each installs, compiles, passes its own
 * test, and runs as in a container.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { type Project, templates } from "../../cli/commands/init/project.ts";
import { makeConsumer } from "../support/consumer.ts";
import { scaled } from "../support/machine_speed.ts";
import { offline } from "../support/online.ts";
import { environment, liveThrough, writeProject } from "../support/template_life.ts";

const run = promisify(execFile);
const consumer = makeConsumer();
// Apart from the links in the folder of the consumer, which lead out of it.
const folder = join(consumer.folder, "projects");
after(() => consumer.remove());
const env = environment(folder);
const skip = await offline();

const projectOf = (template: Project["template"]): Project => ({
  name: template,
  template,
  pm: template === "bun" || template === "deno" ? template : "npm",
});

/** Writes all projects, and installs the packages of all of them at once, above them. */
async function install(): Promise<void> {
  const wanted: Record<string, string> = {};
  for (const template of templates) {
    const cwd = join(folder, template);
    writeProject(cwd, projectOf(template));
    mkdirSync(join(cwd, "node_modules"));
    symlinkSync(join(folder, "node_modules", ".bin"), join(cwd, "node_modules", ".bin"));
    if (template === "deno") continue;
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(cwd, "package.json"), "utf8"),
    );
    Object.assign(wanted, dependencies, devDependencies);
  }
  // workerd and its tools take long to install; another test runs the app of Cloudflare.
  delete wanted["wrangler"];
  wanted["@relier/core"] = `file:${consumer.tarball}`;
  const manifest = { private: true, type: "module", dependencies: wanted };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], {
    cwd: folder,
    env,
  });
  // Deno installs from a registry only, and the package of this test is in none.
  const deno = join(folder, "deno");
  const config = readFileSync(join(deno, "deno.json"), "utf8");
  writeFileSync(join(deno, "deno.json"), config.replace('"auto"', '"manual"'));
  const dependencies = { "@relier/core": "*", "hono": "*", "valibot": "*", "@types/node": "*" };
  writeFileSync(join(deno, "package.json"), JSON.stringify({ dependencies }));
}

const installed = skip ? Promise.resolve() : install();
installed.catch(() => {}); // Each test reports it.

const commands: Partial<Record<Project["template"], readonly string[][]>> = {
  bun: [["node_modules/.bin/tsc"], ["bun", "test"]],
  deno: [["deno", "check", "."], ["deno", "task", "test"]],
  next: [["npm", "run", "build"], ["npm", "run", "check"], ["npm", "test"]],
};
const usual = [["npm", "run", "check"], ["npm", "test"]];

for (const template of templates) {
  test(`the project for ${template} compiles, passes its test, runs in a container, and drains`, {
    skip,
    timeout: scaled(120_000),
  }, async () => {
    await installed;
    const cwd = join(folder, template);
    let said = "";
    for (const [command, ...args] of commands[template] ?? usual) {
      const { stdout, stderr } = await run(command!, args, { cwd, env })
        .catch(({ stdout, stderr }) => assert.fail(`${command} ${args}: ${stdout}${stderr}`));
      said = stdout + stderr;
    }
    assert.match(said, /# pass 2\n|2 passed|2 pass\n/);
    if (template === "nestjs") await run("npm", ["run", "build"], { cwd, env });
    if (template !== "cloudflare") await liveThrough(cwd, projectOf(template), folder);
  });
}
