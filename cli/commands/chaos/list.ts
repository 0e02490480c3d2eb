/**
 * `rl chaos list`: lists the experiments and the guarantee that each proves.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { experiments } from "../../lab/chaos/index.ts";

const list: Command<Record<never, never>> = command({
  summary: "List the experiments and the guarantee that each proves",
  examples: ["rl chaos list"],
  args: {},
  offline: true,
  async run({ out }) {
    const loaded = await Promise.all(Object.values(experiments).map((load) => load()));
    const rows = loaded.map(({ default: { experiment } }) => ({
      name: experiment.name,
      fault: experiment.summary,
      proves: experiment.proves,
      where: experiment.runLive ? "running workers, or --self-contained" : "--self-contained",
    }));
    out.table(rows, [
      { title: "EXPERIMENT", of: ({ name }) => name },
      { title: "FAULT", of: ({ fault }) => fault, flex: true },
      { title: "PROVES", of: ({ proves }) => proves, flex: true },
      { title: "WHERE", of: ({ where }) => where, wide: true },
    ]);
  },
});

export default list;
