/**
 * `rl worker show`: one worker, and what it holds.
 *
 * @module
 */

import { nameOf } from "../../adapters/operator/fleet.ts";
import { type Command, command } from "../command.ts";
import { taskColumns } from "../tasks/columns.ts";
import { plural, some } from "../words.ts";
import { workersNamed } from "./fleet.ts";
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
    const { id, about, queues, lastBeat, missingMs } = fellow!;
    const held = (await Promise.all(queues.map((queue) => relier.queue(queue).held(id)))).flat();
    out.record({ ...fellow, held }, () => {
      const { bold, dim, red, yellow } = out.style;
      const line = (title: string, text: string): void => {
        out.line(`${dim(title.padEnd(9))} ${text}`);
      };
      out.line(`${bold(nameOf(fellow!))}  ${stateOf(fellow!, out)}  ${dim(id)}`);
      line("process", `${about.process} on ${about.host} · ${about.runtime} ${about.version}`);
      if (about.supervisor !== null) line("started", `by supervisor ${about.supervisor}`);
      line("slots", slotsOf(fellow!));
      line("queues", queues.join(" "));
      line("tasks", some(about.tasks.map((task) => `${task.name} v${task.version}`), 8) || "none");
      line("beat", `${out.ago(lastBeat)} ago, by its ${about.pulse}`);
      if (missingMs > 0) line("", red(`its connection has been gone for ${out.span(missingMs)}`));
      line("loop", `${about.loopLagMs} ms late`);
      line("memory", `${about.rssMb} MB`);
      if (about.startedAt !== "") line("up", out.ago(new Date(about.startedAt)));
      if (about.leaked > 0) {
        line("leaked", yellow(`${plural(about.leaked, "handler")} that will not end`));
      }
      out.line("");
      out.table(held, taskColumns(out), "it holds no task");
    });
  },
});

export default show;
