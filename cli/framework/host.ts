/**
 * The world a command runs in: the process, or what a test puts in its place.
 *
 * @module
 */

import process from "node:process";

/** Something to write to. */
export interface Screen {
  /** Whether people look at it. */
  readonly isTTY?: boolean;
  /** How wide it is, in columns. */
  readonly columns?: number;
  /** How high it is, in lines. */
  readonly rows?: number;
  /** Writes. */
  write(text: string): unknown;
}

/** Something to read from. */
export interface Source extends AsyncIterable<string | Uint8Array> {
  /** Whether somebody can be asked. */
  readonly isTTY?: boolean;
}

/** A signal that ends a command. */
export type Ending = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The world a command runs in. */
export interface Host {
  /** For data. */
  readonly stdout: Screen;
  /** For talk. */
  readonly stderr: Screen;
  /** For answers and data. */
  readonly stdin: Source;
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd: string;
  /** Calls `heard` at each signal that asks to end; returns a function that takes that back. */
  onSignal(heard: (signal: Ending) => void): () => void;
  /** Ends at once: somebody asked twice. */
  exit(code: number): void;
}

const endings: readonly Ending[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** This process. */
export function thisProcess(): Host {
  // A reader that has seen enough, such as `head`, is no failure.
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
    onSignal(heard) {
      for (const each of endings) process.on(each, heard);
      return () => {
        for (const each of endings) process.off(each, heard);
      };
    },
    exit: (code) => process.exit(code),
  };
}
