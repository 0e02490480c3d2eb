/**
 * Problem responses for the errors of Relier.
 *
 * @module
 */

import { AdmissionRejectedError, PayloadValidationError, RelierError } from "../../mod.ts";
import { admissionRefusal } from "./admission.ts";
import { isOutOfReach, problem, unavailable } from "./problem.ts";

/** The response to an error of a push or a handle; undefined for any other error. */
export function problemOf(error: unknown): Response | undefined {
  if (error instanceof AdmissionRejectedError) return admissionRefusal(error);
  if (error instanceof PayloadValidationError) {
    return problem(422, "The input is invalid", {
      more: { issues: error.issues.map(({ message, path = [] }) => ({ message, path })) },
    });
  }
  if (isOutOfReach(error)) return unavailable();
  if (RelierError.is(error, "RL_PAYLOAD_TOO_LARGE")) return problem(413, "The input is too large");
  if (RelierError.is(error, "RL_NOT_FOUND")) return problem(404, "Task not found");
  if (RelierError.is(error, "RL_CONFLICT")) {
    return problem(422, "The idempotency key was used with another input");
  }
  if (RelierError.is(error, "RL_TASK_FAILED")) return deadTask();
  return undefined;
}

/** The response to a push that causes no run, because the task of its key is dead. */
export function deadTask(id?: string): Response {
  return problem(409, "The task of this key is dead", id === undefined ? {} : { more: { id } });
}
