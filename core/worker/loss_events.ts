/**
 * Announces the tasks whose worker is gone.
 *
 * @module
 */

import { lossEvent } from "../log/loss_event.ts";
import type { Resurrection } from "../recovery/sweeper.ts";
import type { Definition } from "../task/definition.ts";
import type { Emit } from "./worker_events.ts";

/** Announces the fate of `task`. */
export function announceLoss(
  emit: Emit,
  task: Resurrection,
  definitionNamed: (name: string) => Definition | undefined,
): void {
  const [name, event] = lossEvent(task, definitionNamed(task.name)?.retry.attempts ?? 0);
  emit(name, event);
}
