/**
 * Runs `rl` inside the process of the test; everything but the process is real.
 *
 * @module
 */

import type { Ending, Host } from "../../cli/framework/host.ts";
import type { Group } from "../../cli/framework/command.ts";
import { main } from "../../cli/framework/run_cli.ts";
import { tree as everything } from "../../cli/command_tree.ts";
import { root } from "./tree.ts";

/** Settings of a run of `rl`. */
export interface RlOptions {
  /** The Redis to use, as RELIER_REDIS_URL. */
  readonly url?: string;
  /** The prefix to use, as RELIER_PREFIX. */
  readonly prefix?: string;
  /** The environment; no variable of the test process gets in. */
  readonly env?: Readonly<Record<string, string>>;
  /** The typed or piped input. */
  readonly stdin?: string | Promise<string>;
  /** The working directory; the project's root if absent. */
  readonly cwd?: string;
  /** A terminal of this size; none if absent. */
  readonly tty?: { readonly columns?: number; readonly rows?: number };
  /** Commands that replace the real ones. */
  readonly tree?: Group;
  /**
   * Receives a function that sends a signal, as Ctrl-C does, and one that returns the
   * output so far.
   */
  readonly started?: (send: (signal: Ending) => void, said: () => string) => unknown;
}

/** The result of a run of `rl`. */
export interface RlResult {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The values on stdout, one for each line. */
  lines<T = any>(): T[];
}

/** Runs `rl` with `args`. */
export async function rl(args: readonly string[], options: RlOptions = {}): Promise<RlResult> {
  const { url, prefix, env = {}, stdin = "", cwd = root, tty, tree = everything } = options;
  let stdout = "";
  let stderr = "";
  let said = "";
  const heard = new Set<(signal: Ending) => void>();
  let forced: (code: number) => void = () => {};
  const forcedExit = new Promise<number>((resolve) => forced = resolve);
  const terminal = tty === undefined ? {} : { isTTY: true, columns: 80, rows: 24, ...tty };
  const host: Host = {
    stdout: { ...terminal, write: (text) => void (stdout += text, said += text) },
    stderr: { ...terminal, write: (text) => void (stderr += text, said += text) },
    stdin: {
      isTTY: tty !== undefined,
      async *[Symbol.asyncIterator]() {
        yield await stdin;
      },
    },
    env: {
      ...(url !== undefined && { RELIER_REDIS_URL: url }),
      ...(prefix !== undefined && { RELIER_PREFIX: prefix }),
      ...env,
    },
    cwd,
    onSignal(listener) {
      heard.add(listener);
      return () => void heard.delete(listener);
    },
    exit: (code) => forced(code),
  };
  options.started?.((signal) => {
    for (const listener of [...heard]) listener(signal);
  }, () => said);
  const exit = await Promise.race([main(tree, args, host), forcedExit]);
  return {
    exit,
    stdout,
    stderr,
    lines: () => stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line)),
  };
}
