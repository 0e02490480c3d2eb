/**
 * `rl cluster down`: drains a cluster, and waits until all its processes have ended.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import { callCluster } from "../../supervisor/control_client.ts";
import { stateDirOf } from "../../supervisor/state_dir.ts";

const args = {
  name: {
    type: "string",
    valueHint: "name",
    description: "Name of the cluster (default: the project's)",
  },
  drain: {
    type: "string",
    valueHint: "duration",
    description: "Time that running tasks have to finish",
  },
} as const;

const down: Command<typeof args> = command({
  summary: "Drain a cluster, and stop everything it started",
  details: "Tasks that still run after --drain are handed off to other workers.",
  examples: ["rl cluster down", "rl cluster down --drain 5s"],
  args,
  async run(context): Promise<number> {
    const { args, out, signal } = context;
    const place = stateDirOf(context, args.name);
    const timeoutMs = args.drain === undefined ? undefined : duration("--drain", args.drain);
    const { exit } = await callCluster(place, "down", timeoutMs, signal);
    out.record({ name: place.name, exit }, () => {
      const what = exit === 0 ? "nothing is left" : `it exited with ${exit}: see rl cluster logs`;
      out.line(`${out.style.green("✓")} cluster ${place.name} is down: ${what}`);
    });
    return exit;
  },
});

export default down;
