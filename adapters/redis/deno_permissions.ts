/**
 * Checks the permissions of Deno. Loaded before ioredis, which reads the environment
 * while it loads and would otherwise throw first, ten files deep.
 *
 * @module
 */

/** A permission, as a descriptor of Deno. */
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

/** Returns true if Deno permits it, which may prompt the user, and on every other runtime. */
export function permits(permission: Permission): boolean {
  try {
    const asked = host.Deno?.permissions?.requestSync?.(permission);
    return asked === undefined || asked.state === "granted";
  } catch {
    return true; // Deno cannot parse the host: the error of connecting explains more.
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
