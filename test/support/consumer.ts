/**
 * The package as npm packs it, and a separate project that has it installed. The
 * project gets the declared dependencies and no others. The dependencies are copied
 * from this project, so no network is needed.
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

/** The contents of package.json. */
export const npm: any = JSON.parse(read("package.json"));

/** The paths that a consumer can import, as written in code. */
export const specifiers: readonly string[] = Object.keys(npm.exports)
  .filter((path) => path !== "./package.json")
  .map((path) => path.replace(/^\./, npm.name));

/** A project that has the package installed. */
export interface Consumer {
  readonly folder: string;
  /** The folder of the package in the project. */
  readonly installed: string;
  /** The file that npm would publish, and its contents by path with their bytes. */
  readonly tarball: string;
  readonly files: Readonly<Record<string, number>>;
  /** Runs a program in the project and returns its output. @throws with its output if it fails. */
  run(command: string, args: readonly string[]): string;
  remove(): void;
}

/** Compiles, packs and installs the package, together with the optional peers in `peers`. */
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
  // The package is built already, so its scripts must not build it again here.
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
