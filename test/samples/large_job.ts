/**
 * A large job that goes on where it was left, says how far it is, and knows when
 * to give up and when to wait.
 *
 * @module
 */

import { Discard, Retry, rlTask, type Task, taskContext } from "../../mod.ts";
import { note } from "../support/effect_log.ts";
import { rows } from "./outside.ts";

/** Works through the rows of a job; its result is the last one. */
export const processLargeJob: Task<"process_large_job", [job: string], number> = rlTask(
  "process_large_job",
  {
    softTimeout: "500ms",
    hardTimeout: "30s",
    onSoftTimeout({ partialResult }) {
      note("soft timeout", { text: String(partialResult) });
    },
  },
  async (job: string) => {
    const ctx = taskContext<number>();
    let n = ctx.previous?.partialResult ?? 0; // where the attempt before was interrupted
    for await (const row of rows(job, n, ctx.signal)) {
      n = row.n;
      ctx.partialResult = n;
      ctx.progress(100 * n / row.total);
    }
    if (n < 0) throw new Discard("bad input");
    if (n === 0) throw new Retry({ after: "100ms" });
    return n;
  },
);
