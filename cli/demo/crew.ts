/**
 * The worker processes, what each is running, and what happened to each task:
 * what the screen shows and the acts wait for. A process that ends is replaced,
 * as a supervisor would.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { start, stop } from "./processes.ts";
import type { Job } from "./work.ts";
import type { WorkerSetup, WorkerWord } from "./worker.ts";

/** A task in the hands of a worker. */
export interface Running {
  readonly id: string;
  readonly job: Job | undefined;
  readonly since: number;
}

/** One worker process. Its replacement is another one, with the same number. */
export interface Member {
  readonly number: number;
  readonly child: ChildProcess;
  readonly pid: number;
  state: "starting" | "working" | "frozen" | "draining" | "gone";
  readonly running: Map<string, Running>;
}

/** What a worker process said, or that it ended and how, and who it was. */
export interface Heard extends Omit<WorkerWord, "what"> {
  readonly what: WorkerWord["what"] | "ended";
  readonly member: Member;
  readonly at: number;
}

/** The worker processes. */
export interface Crew {
  /** Those there are now, by number. */
  readonly members: readonly Member[];
  /** Jobs by task id; whoever pushes adds to it. */
  readonly jobs: Map<string, Job>;
  /** Who completed each task. */
  readonly completed: Map<string, Member>;
  /** Every `fenced`, in the order heard. */
  readonly fenced: Heard[];
  /** The tasks that were brought back. */
  readonly raised: Set<string>;
  /** Resolves when `condition` holds. Looks whenever anything was heard, and 20 times a second. */
  until(what: string, condition: () => boolean, ms?: number): Promise<void>;
  /** Calls `listener` for everything that is heard until the returned function is called. */
  listen(listener: (heard: Heard) => void): () => void;
  /** Drains all of them. */
  dismiss(): Promise<void>;
}

/** Starts `size` worker processes. */
export function createCrew(size: number, setup: WorkerSetup): Crew {
  const jobs = new Map<string, Job>();
  const completed = new Map<string, Member>();
  const fenced: Heard[] = [];
  const raised = new Set<string>();
  const listeners = new Set<(heard: Heard) => void>();
  const waiting = new Set<() => void>();
  let dismissed = false;
  let failure: Error | undefined;

  function hire(number: number): Member {
    const child = start(new URL("./worker.ts", import.meta.url), setup);
    const member: Member = {
      number,
      child,
      pid: child.pid ?? 0,
      state: "starting",
      running: new Map(),
    };
    let complaint = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.on("message", (word: WorkerWord) => {
      hear({ ...word, member, at: performance.now() });
    });
    // Once both have come, everything it said has been heard.
    void Promise.all([once(child, "exit"), once(child, "disconnect")]).then(([[code, signal]]) => {
      const early = member.state === "starting" && signal === null;
      if (early) failure = new Error(`A worker process ended with ${code}: ${complaint.trim()}`);
      member.state = "gone";
      if (!dismissed && !early) members[number - 1] = hire(number);
      hear({ what: "ended", id: "", reason: signal ?? `${code}`, member, at: performance.now() });
      member.running.clear();
    });
    return member;
  }

  function hear(heard: Heard): void {
    const { what, id, member } = heard;
    if (what === "ready") member.state = "working";
    else if (what === "broken") failure = new Error(heard.reason);
    else if (what === "draining") member.state = "draining";
    else if (what === "started") {
      member.running.set(id, { id, job: jobs.get(id), since: heard.at });
    } else if (what === "resurrected") {
      raised.add(id);
    } else if (what !== "error" && what !== "ended") {
      member.running.delete(id);
      if (what === "completed") completed.set(id, member);
      if (what === "fenced") fenced.push(heard);
    }
    for (const listener of [...listeners]) listener(heard);
    for (const look of [...waiting]) look();
  }

  const members = Array.from({ length: size }, (_, i) => hire(i + 1));
  return {
    members,
    jobs,
    completed,
    fenced,
    raised,
    until: (what, condition, ms = 30_000) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => {
          clearTimeout(timer);
          clearInterval(ticker);
          waiting.delete(look);
          error ? reject(error) : resolve();
        };
        const timer = setTimeout(
          () => end(new Error(`Waited ${ms / 1000} s in vain until ${what}`)),
          ms,
        );
        const look = () => {
          if (failure) end(failure);
          else if (condition()) end();
        };
        const ticker = setInterval(look, 50);
        waiting.add(look);
        look();
      }),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async dismiss() {
      dismissed = true;
      await Promise.all(members.map(({ child }) => stop(child, "SIGTERM")));
    },
  };
}
