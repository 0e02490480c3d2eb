/**
 * `rl worker show`: one worker, and what it holds.
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
    description: "Its name, or a beginning of its id (the only one there is)",
  },
} as const;

const show: Command<typeof args> = command({
  summary: "Show a worker and the tasks it holds",
  examples: ["rl worker show rl-worker-1", "rl worker show w3fK --watch"],
  args,
  watch: true,
  async run({ relier, out, args: { worker } }) {
    const [fellow] = await workersNamed(relier, worker);
    const { id, info, blockedMs, queues, lastBeat, missingMs } = fellow!;
    const held = (await Promise.all(queues.map((queue) => relier.queue(queue).heldBy(id)))).flat();
    out.record({ ...fellow, held }, () => {
      const { bold, dim, red, yellow } = out.style;
      out.line(`${bold(workerName(fellow!))}  ${stateOf(fellow!, out)}  ${dim(id)}`);
      out.fact("process", `${info.process} on ${info.host} · ${info.runtime} ${info.version}`);
      if (info.supervisor !== null) out.fact("started", `by supervisor ${info.supervisor}`);
      out.fact("slots", slotsOf(fellow!));
      out.fact("queues", queues.join(" "));
      out.fact(
        "tasks",
        listSome(info.tasks.map((task) => `${task.name} v${task.version}`), 8) || "none",
      );
      out.fact("beat", `${out.ago(lastBeat)} ago, by its ${info.pulse}`);
      if (missingMs > 0) {
        out.fact("", red(`its connection has been gone for ${out.span(missingMs)}`));
      }
      out.fact(
        "loop",
        blockedMs > 0
          ? red(`blocked for ${out.span(blockedMs)}, a thread beats for it`)
          : `${info.loopLagMs} ms late`,
      );
      out.fact("memory", `${info.rssMb} MB`);
      if (info.startedAt !== "") out.fact("up", out.ago(new Date(info.startedAt)));
      if (info.fenced > 0) {
        out.fact("fenced", yellow(`${plural(info.fenced, "attempt")} that others had taken over`));
      }
      if (info.leaked > 0) {
        out.fact("leaked", yellow(`${plural(info.leaked, "handler")} that will not end`));
      }
      out.line("");
      out.table(held, taskColumns(out), "it holds no task");
    });
  },
});

export default show;
