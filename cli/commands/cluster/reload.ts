/**
 * `rl cluster reload`: loads new code, one worker after the other.
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

const reload: Command<typeof args> = command({
  summary: "Replace the workers of a cluster one by one",
  details:
    "Each new worker starts before the old one drains, so no task waits. If a module cannot " +
    "be loaded, the old workers stay.",
  examples: ["rl cluster reload"],
  args,
  async run(context): Promise<void> {
    const place = stateDirOf(context, context.args.name);
    showStatus(context, await callCluster(place, "reload", undefined, context.signal));
  },
});

export default reload;
