/**
 * The package as npm packs it, and a project of its own that has it installed,
 * with the dependencies it declares and no others. Nothing comes from the network:
 * the dependencies are those of this project.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { read, root } from "./tree.ts";

/** What package.json says. */
export const npm: any = JSON.parse(read("package.json"));

/** The paths that can be imported, as a consumer writes them. */
export const specifiers: readonly string[] = Object.keys(npm.exports)
  .filter((path) => path !== "./package.json")
  .map((path) => path.replace(/^\./, npm.name));

/** A project that has the package installed. */
export interface Consumer {
  readonly folder: string;
  /** Where the package is in it. */
  readonly installed: string;
  /** The file npm would publish, and what is in it, by path with its bytes. */
  readonly tarball: string;
  readonly files: Readonly<Record<string, number>>;
  /** Runs a program in it and returns what it printed. @throws with its output if it fails. */
  run(command: string, args: readonly string[]): string;
  remove(): void;
}

/** Compiles, packs and installs the package. The optional peers in `peers` are there too. */
export function makeConsumer(peers: readonly string[] = []): Consumer {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "relier-consumer-")));
  const packed = join(folder, "packed");
  mkdirSync(packed);
  const run = (command: string, args: readonly string[], cwd: string = folder): string => {
    const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
    return execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: "pipe" }).trim();
  };
  const out = join(packed, "dist");
  run(process.execPath, ["--import", "tsx", "build.ts", "--out", out], root);
  for (const file of ["package.json", "README.md", "LICENSE"]) {
    copyFileSync(join(root, file), join(packed, file));
  }
  cpSync(join(root, "adapters", "grafana"), join(packed, "adapters", "grafana"), {
    recursive: true,
  });
  // It was built already, and not where it would be built again.
  const pack = ["pack", "--json", "--ignore-scripts", "--offline"];
  const [{ filename, files }] = JSON.parse(run("npm", pack, packed));
  const tarball = join(packed, filename);

  const installed = join(folder, "node_modules", ...npm.name.split("/"));
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed]);
  for (const name of [...Object.keys(npm.dependencies), ...peers]) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link, "junction");
  }
  const dependencies = { [npm.name]: npm.version };
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module", dependencies }),
  );
  return {
    folder,
    installed,
    tarball,
    files: Object.fromEntries(
      files.map(({ path, size }: { path: string; size: number }) => [path, size]),
    ),
    run,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
