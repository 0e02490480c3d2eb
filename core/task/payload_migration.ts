/**
 * Reads a payload that an older producer wrote.
 *
 * @module
 */

import type { Definition } from "./definition.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { RelierError } from "../base/errors.ts";
import { settleWithin } from "../base/timers.ts";

/** The longest time of one migration. */
const stepMs = 5000;

/**
 * The payload of `envelope`, migrated step by step to the version of `definition`.
 *
 * @throws {RelierError} `RL_SCHEMA_VERSION` if a step is missing or does not end.
 */
export async function migrated(definition: Definition, envelope: Envelope): Promise<unknown> {
  let payload = envelope.payload;
  for (let from = envelope.taskVersion; from < definition.version; from++) {
    const step = definition.migrate.get(from);
    if (!step) throw stuck(definition, from, "there is no migration for it");
    payload = await settleWithin(
      stepMs,
      step(payload),
      () => stuck(definition, from, `it took over ${stepMs} ms`),
    );
  }
  return payload;
}

function stuck(definition: Definition, from: number, why: string): RelierError {
  return new RelierError(
    "RL_SCHEMA_VERSION",
    `Cannot read version ${from} of "${definition.name}" as version ${from + 1}: ${why}`,
    { hint: "add the step to `migrate`, then release the task" },
  );
}
