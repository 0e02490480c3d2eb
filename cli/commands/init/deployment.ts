/**
 * The words of a project's deployment: how its image is made, and how its server and its worker
 * start as process 1 of a container.
 *
 * @module
 */

import type { Project } from "./project.ts";

const health = ["--health-host", "0.0.0.0", "--health-port", "9464"];
const node = ["node", "--import", "tsx", "src/server.ts"];
const worker = ["node_modules/.bin/rl", "worker", "start", ...health];
const compiled = (name: string) => ["node", "--enable-source-maps", `dist/src/${name}.js`];

/** The programs of each template. A shell or a package manager before them would keep SIGTERM. */
const programs: Readonly<
  Record<Project["template"], readonly [server: string[], worker: string[]]>
> = {
  hono: [node, worker],
  express: [node, worker],
  fastify: [node, worker],
  nestjs: [compiled("server"), compiled("worker")],
  next: [["node_modules/.bin/next", "start"], worker],
  bun: [["bun", "src/server.ts"], ["bun", ...worker]],
  deno: [
    ["deno", "run", "--allow-net", "--allow-env", "--allow-read", "--allow-sys", "src/server.ts"],
    ["deno", "run", "-A", "npm:@relier/core/rl", ...worker.slice(1)],
  ],
  cloudflare: [[], []],
};

/** The steps of each package manager in a Dockerfile. */
const steps = {
  npm: {
    manifests: "package.json package-lock.json",
    lockedInstall: "npm ci",
    prune: "npm prune --omit=dev",
  },
  pnpm: {
    manifests: "package.json pnpm-lock.yaml",
    lockedInstall: "corepack enable && pnpm install --frozen-lockfile",
    prune: "pnpm prune --prod",
  },
  bun: {
    manifests: "package.json bun.lock",
    lockedInstall: "bun install --frozen-lockfile",
    prune: "rm -r node_modules && bun install --production --frozen-lockfile",
  },
  deno: { manifests: "", lockedInstall: "", prune: "" },
} as const;

const images = { bun: "oven/bun:1-slim", deno: "denoland/deno:debian" };

/** The values of `Dockerfile`, `compose.yaml` and `k8s.yaml`. */
export function deploymentOf({ template, pm }: Project): Record<string, string> {
  const [server, worker] = programs[template].map((words) =>
    `[${words.map((word) => JSON.stringify(word)).join(", ")}]`
  );
  const { manifests, lockedInstall, prune } = steps[pm];
  const isBuilt = template === "nestjs" || template === "next";
  const own = template === "bun" || template === "deno" ? template : undefined;
  // The image of Node.js has npm and corepack.
  const before = pm === "bun" && !own ? "npm install --global bun && " : "";
  return {
    image: own ? images[own] : "node:22-slim",
    user: own ?? "node",
    manifests,
    lockedInstall: before + lockedInstall,
    finish: (isBuilt ? `${pm} run build && ` : "") + prune,
    serverExec: server!,
    workerExec: worker!,
  };
}
