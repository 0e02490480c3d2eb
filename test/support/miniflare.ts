/**
 * Real workerd, through Miniflare: a module is bundled as for Cloudflare and served on
 * a free port of this machine. The server ends with the process, in every case.
 *
 * @module
 */

import { builtinModules } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { build, type Plugin } from "esbuild";
import { executable } from "./runtimes.ts";
import { root } from "./tree.ts";

/** A module to serve, and its settings. */
export interface EdgeOptions {
  /**
   * The text of the module that exports the worker; its imports start at the root of
   * the project.
   */
  readonly entry: string;
  /** The bindings in the `env` of the worker. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Replacement files, by the end of the import that each replaces. */
  readonly replace?: Readonly<Record<string, string>>;
  /** True allows imports of `node:` modules. */
  readonly nodejs?: boolean;
}

/** A worker that is served. */
export interface Edge {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Runs the `scheduled` handler; resolves when it ends. */
  scheduled(): Promise<void>;
  /** Kills workerd, even while it is busy. */
  kill(): Promise<void>;
}

/** Bundles as esbuild does for Cloudflare; resolves to the text. */
export async function edgeBundle({ entry, replace = {} }: EdgeOptions): Promise<string> {
  const result = await build({
    stdin: { contents: entry, resolveDir: root, loader: "ts", sourcefile: "edge.ts" },
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: builtinModules.map((name) => `node:${name}`),
    define: { "import.meta.url": '"file:///edge.js"' },
    write: false,
    logLevel: "error",
    plugins: [replacing(replace)],
  });
  return result.outputFiles[0]!.text;
}

/** Serves a worker in workerd. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  // Without its install script the package cannot find its own executable.
  process.env["MINIFLARE_WORKERD_PATH"] ??= executable("workerd");
  const { Miniflare } = await import("miniflare");
  const server = new Miniflare({
    modules: true,
    script: await edgeBundle(options),
    host: "127.0.0.1",
    port: 0,
    unsafeTriggerHandlers: true,
    compatibilityDate: "2026-03-01",
    compatibilityFlags: options.nodejs ? ["nodejs_compat"] : [],
    bindings: { ...options.bindings },
  });
  const { origin } = await server.ready;
  let killed: Promise<void> | undefined;
  return {
    url: origin,
    async scheduled() {
      const response = await fetch(`${origin}/cdn-cgi/handler/scheduled`);
      const outcome = await response.text();
      if (outcome !== "ok") throw new Error(`The scheduled handler ended with ${outcome}`);
    },
    // A second call would be an error.
    kill: () => killed ??= server.dispose(),
  };
}

function replacing(replace: Readonly<Record<string, string>>): Plugin {
  return {
    name: "replacing",
    setup({ onResolve }) {
      for (const [end, file] of Object.entries(replace)) {
        const escaped = end.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        onResolve(
          { filter: new RegExp(`(^|/)${escaped}$`) },
          ({ importer }) =>
            importer.includes("/support/workerd/") ? undefined : { path: join(root, file) },
        );
      }
    },
  };
}
