/**
 * A new project: its template and its package manager.
 *
 * @module
 */

/** The templates. */
export const templates = [
  "hono",
  "express",
  "fastify",
  "nestjs",
  "next",
  "bun",
  "deno",
  "cloudflare",
] as const;

/** The package managers. */
export const managers = ["npm", "pnpm", "bun", "deno"] as const;

/** A project to write. */
export interface Project {
  readonly name: string;
  readonly template: typeof templates[number];
  readonly pm: typeof managers[number];
}
