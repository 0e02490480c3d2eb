/**
 * `rl cluster status`: shows the processes of a cluster and their state.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { callCluster } from "../../supervisor/control_client.ts";
import { stateDirOf } from "../../supervisor/state_dir.ts";
import { showStatus } from "./show.ts";

const args = {
  name: {
    type: "string",
    valueHint: "name",
    description: "Name of the cluster (default: the project's)",
  },
} as const;

const status: Command<typeof args> = command({
  summary: "Show the processes of a cluster",
  examples: ["rl cluster status", "rl cluster status --watch"],
  args,
  watch: true,
  async run(context): Promise<void> {
    const place = stateDirOf(context, context.args.name);
    showStatus(context, await callCluster(place, "status", undefined, context.signal));
  },
});

export default status;
