/**
 * How long it takes until a task runs again whose worker was killed. Nobody
 * supervises: its absence is all there is to notice it by.
 *
 * @module
 */

import { createCrew } from "../process/crew.ts";
import { start } from "../process/processes.ts";
import { type Figure, ofTimes } from "./figure.ts";
import type { Lab } from "./lab.ts";
import { type KilledSetup, outlast } from "./killed.ts";

const size = 3;

/** Kills the worker of one task after the other. */
export async function recovery(lab: Lab): Promise<Figure[]> {
  const relier = lab.client({ tasks: [outlast] });
  const setup: KilledSetup = { redis: lab.url, prefix: lab.prefix };
  const program = new URL("./killed_process.ts", import.meta.url);
  const crew = createCrew<never>(size, () => start(program, setup), lab.signal);
  const times: number[] = [];
  try {
    for (let kill = 1; kill <= lab.kills; kill++) {
      await crew.until(
        "all workers work",
        () => crew.members.every((each) => each.state === "working"),
      );
      lab.note(`recovery: SIGKILL ${kill} of ${lab.kills}`);
      const task = await relier.apush(outlast);
      const holder = () => crew.members.find(({ running }) => running.has(task.id));
      await crew.until("it runs", () => holder() !== undefined);
      const victim = holder()!;
      let again: number | undefined;
      const deaf = crew.listen(({ what, id, member, at }) => {
        if (what === "started" && id === task.id && member !== victim) again ??= at;
      });
      const killedAt = performance.now();
      victim.child.kill("SIGKILL");
      await crew.until("it runs again", () => again !== undefined);
      deaf();
      times.push(again! - killedAt);
      await task.result();
    }
  } finally {
    await crew.dismiss();
  }
  await relier.close();
  return [ofTimes("SIGKILL to running again", times)];
}
