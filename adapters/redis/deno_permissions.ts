/**
 * What Deno permits. Loaded before ioredis, which reads the environment while
 * it loads and would otherwise be the one to complain, ten files down.
 *
 * @module
 */

/** What is asked of Deno, as its own descriptors say it. */
export type Permission =
  | { readonly name: "net"; readonly host: string }
  | { readonly name: "read" | "write"; readonly path: string };

interface Host {
  readonly Deno?: {
    readonly permissions?: { requestSync?(permission: Permission): { readonly state: string } };
  };
  readonly process?: { readonly env?: object };
}

const host = globalThis as unknown as Host;

/** Whether Deno permits it, where somebody sits before it after asking; elsewhere everything is. */
export function permits(permission: Permission): boolean {
  try {
    const asked = host.Deno?.permissions?.requestSync?.(permission);
    return asked === undefined || asked.state === "granted";
  } catch {
    return true; // A host that Deno cannot read: connecting to it says more.
  }
}

function checkEnvironment(): void {
  if (host.Deno === undefined) return;
  try {
    Object.keys(host.process?.env ?? {});
  } catch (cause) {
    throw new TypeError(
      "Cannot load ioredis: it reads the environment while it loads, and Deno does not permit that: " +
        "run it with --allow-env, or with --ignore-env, under which the environment is empty",
      { cause },
    );
  }
}

checkEnvironment();
