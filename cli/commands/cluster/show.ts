/**
 * Prints the status of a cluster.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";
import type { ClusterStatus } from "../../supervisor/control_server.ts";

/** Prints `status`: one document for programs, a table of the workers for people. */
export function showStatus({ out }: Pick<Context, "out">, status: ClusterStatus): void {
  out.record({ id: status.name, ...status }, () => {
    const { name, pid, startedAt, redis, dashboard, workers } = status;
    const age = out.ago(new Date(startedAt));
    out.line(`${out.style.bold(name)}  process ${pid}  up ${age}  redis ${redis}`);
    if (dashboard !== null) out.line(out.style.dim(`dashboard ${dashboard}`));
    out.table(workers, [
      { title: "WORKER", of: (worker) => worker.name },
      { title: "STATE", of: (worker) => worker.state },
      { title: "PID", of: ({ pid }) => `${pid || "—"}`, align: "right" },
      { title: "RUNNING", of: ({ running }) => `${running}`, align: "right" },
      { title: "COMPLETED", of: ({ completed }) => `${completed}`, align: "right" },
      { title: "RESTARTS", of: ({ restarts }) => `${restarts}`, align: "right" },
      { title: "ID", of: ({ id }) => id || "—", wide: true },
    ]);
  });
}
