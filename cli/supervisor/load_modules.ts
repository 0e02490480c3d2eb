/**
 * Loads the user's modules, and finds the copy of this package that defined
 * their tasks. A project usually has its own copy, and only the copy whose
 * `rlTask` was called knows the task.
 *
 * @module
 */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import * as own from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";

/** Any copy of this package. */
export type Engine = typeof own;

/**
 * Loads `modules`, absolute paths, in order.
 *
 * @throws {CliError} 1 if one of them throws; 2 if they define no task, or do so
 * in two copies of the package.
 */
export async function loadModules(modules: readonly string[]): Promise<Engine> {
  for (const path of modules) await load(path);
  const engines = new Set<Engine>([own]);
  for (const path of modules) {
    for (const engine of await copiesSeenFrom(path)) engines.add(engine);
  }
  const byTask = new Map([...engines].map((engine) => [engine.rlTask, engine]));
  const used = [...byTask.values()].filter((engine) => engine.definedTasks().length > 0);
  if (used.length === 1) return used[0]!;
  if (used.length > 1) {
    const names = used.map((engine) => engine.definedTasks().map((name) => `"${name}"`).join(", "));
    throw new CliError(
      2,
      `Cannot start a worker: ${
        names.join(" and ")
      } are defined in different copies of @relier/core`,
      { hint: "install one copy that all of your modules import, or start a worker for each" },
    );
  }
  throw new CliError(2, `Cannot start a worker: no task is defined by ${modules.join(", ")}`, {
    hint: 'define one with rlTask() from "@relier/core", and name the file that does',
  });
}

async function load(path: string): Promise<void> {
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    // Bun wraps the errors of a file.
    const [first = error] = error instanceof AggregateError ? error.errors : [];
    throw new CliError(1, `Cannot load module "${path}": ${first}`, { cause: error });
  }
}

/** Copies that a module at `path` may have imported: the ES module, and CommonJS. */
async function copiesSeenFrom(path: string): Promise<Engine[]> {
  const name = "@relier/core";
  const require = createRequire(path);
  const ways = [
    async () => await import(pathToFileURL(require.resolve(name)).href) as Engine,
    () => require(name) as Engine,
  ];
  const found: Engine[] = [];
  for (const way of ways) {
    try {
      const engine = await way();
      if (typeof engine.definedTasks === "function") found.push(engine);
    } catch {
      // The project has no copy, or none that is built.
    }
  }
  return found;
}
