/**
 * The environment of a command: the process, or a test's substitute.
 *
 * @module
 */

import process from "node:process";

/** An output stream. */
export interface Screen {
  /** True if it is a terminal. */
  readonly isTTY?: boolean;
  /** Width in columns. */
  readonly columns?: number;
  /** Height in lines. */
  readonly rows?: number;
  /** Writes text. */
  write(text: string): unknown;
}

/** An input stream. */
export interface Source extends AsyncIterable<string | Uint8Array> {
  /** True if it is a terminal, so that a prompt can be answered. */
  readonly isTTY?: boolean;
}

/** A signal that ends a command. */
export type Ending = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The environment of a command. */
export interface Host {
  /** Data. */
  readonly stdout: Screen;
  /** Messages and prompts. */
  readonly stderr: Screen;
  /** Answers and data. */
  readonly stdin: Source;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  readonly cwd: string;
  /** Calls `listener` at each signal; returns a function that removes it. */
  onSignal(listener: (signal: Ending) => void): () => void;
  /** Exits at once, after a second signal. */
  exit(code: number): void;
}

const endings: readonly Ending[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** This process. */
export function thisProcess(): Host {
  // A reader that stops early, such as `head`, is no failure.
  const gone = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  };
  process.stdout.on("error", gone);
  process.stderr.on("error", gone);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    onSignal(listener) {
      for (const each of endings) process.on(each, listener);
      return () => {
        for (const each of endings) process.off(each, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}
