/**
 * Which problem an error of ours is to whoever asked over HTTP.
 *
 * @module
 */

import { AdmissionRejectedError, PayloadValidationError, RelierError } from "../../mod.ts";
import { admissionRefusal } from "./admission.ts";
import { isOutOfReach, problem, unavailable } from "./problem.ts";

/** The answer to an error of a push or a handle; undefined for one that is none of ours. */
export function problemOf(error: unknown): Response | undefined {
  if (error instanceof AdmissionRejectedError) return admissionRefusal(error);
  if (error instanceof PayloadValidationError) {
    return problem(422, "The input is not what the task accepts", {
      more: { issues: error.issues.map(({ message, path = [] }) => ({ message, path })) },
    });
  }
  if (isOutOfReach(error)) return unavailable();
  if (RelierError.is(error, "RL_PAYLOAD_TOO_LARGE")) return problem(413, "The input is too large");
  if (RelierError.is(error, "RL_NOT_FOUND")) return problem(404, "There is no such task");
  if (RelierError.is(error, "RL_CONFLICT")) {
    return problem(422, "The key belongs to a task with another input");
  }
  return undefined;
}
