/**
 * `rl cluster scale`: changes the number of workers.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { integer } from "../../framework/option_values.ts";
import { callCluster } from "../../supervisor/control_client.ts";
import { stateDirOf } from "../../supervisor/state_dir.ts";
import { showStatus } from "./show.ts";

const args = {
  workers: { type: "positional", description: "Number of worker processes, 1 to 100" },
  name: {
    type: "string",
    valueHint: "name",
    description: "Name of the cluster (default: the project's)",
  },
} as const;

const scale: Command<typeof args> = command({
  summary: "Change the number of workers of a cluster",
  details: "Surplus workers drain; the command ends when they are gone.",
  examples: ["rl cluster scale 5"],
  args,
  async run(context): Promise<void> {
    const size = integer("<workers>", context.args.workers, { min: 1, max: 100 });
    const place = stateDirOf(context, context.args.name);
    showStatus(context, await callCluster(place, "scale", size, context.signal));
  },
});

export default scale;
