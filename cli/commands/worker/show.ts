/**
 * `rl worker show`: shows one worker and the tasks that it holds.
 *
 * @module
 */

import { listSome, plural, workerName } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { taskColumns } from "../tasks/columns.ts";
import { workersNamed } from "./find_workers.ts";
import { slotsOf, stateOf } from "./list.ts";

const args = {
  worker: {
    type: "positional",
    required: false,
    description: "Name of the worker, or the beginning of its id (default: the only one)",
  },
} as const;

const show: Command<typeof args> = command({
  summary: "Show a worker and the tasks it holds",
  examples: ["rl worker show rl-worker-1", "rl worker show w3fK --watch"],
  args,
  watch: true,
  async run({ relier, out, args: { worker } }) {
    const [found] = await workersNamed(relier, worker);
    const { id, info, blockedMs, queues, lastBeat, missingMs } = found!;
    const held = (await Promise.all(queues.map((queue) => relier.queue(queue).heldBy(id)))).flat();
    out.record({ ...found, held }, () => {
      const { bold, dim, red, yellow } = out.style;
      out.line(`${bold(workerName(found!))}  ${stateOf(found!, out)}  ${dim(id)}`);
      out.fact("process", `${info.process} on ${info.host} · ${info.runtime} ${info.version}`);
      if (info.supervisor !== null) out.fact("started", `by supervisor ${info.supervisor}`);
      out.fact("slots", slotsOf(found!));
      out.fact("queues", queues.join(" "));
      out.fact(
        "tasks",
        listSome(info.tasks.map((task) => `${task.name} v${task.version}`), 8) || "none",
      );
      out.fact("heartbeat", `${out.ago(lastBeat)} ago, by its ${info.pulse}`);
      if (missingMs > 0) {
        out.fact("", red(`its connection has been gone for ${out.span(missingMs)}`));
      }
      out.fact(
        "loop",
        blockedMs > 0
          ? red(`blocked for ${out.span(blockedMs)}, a thread sends its heartbeats`)
          : `${info.loopLagMs} ms late`,
      );
      out.fact("memory", `${info.rssMb} MB`);
      if (info.startedAt !== "") out.fact("up", out.ago(new Date(info.startedAt)));
      if (info.fenced > 0) {
        out.fact(
          "fenced",
          yellow(`${plural(info.fenced, "attempt")} that other workers had taken over`),
        );
      }
      if (info.leaked > 0) {
        out.fact("leaked", yellow(`${plural(info.leaked, "handler")} that do not end`));
      }
      out.line("");
      out.table(held, taskColumns(out), "the worker holds no task");
    });
  },
});

export default show;
