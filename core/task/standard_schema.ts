/**
 * Validates with the caller's own library. valibot, Zod, ArkType and others share one interface,
 * Standard Schema v1 (standardschema.dev), declared here.
 *
 * @module
 */

import { type PayloadIssue, PayloadValidationError } from "../base/errors.ts";
import { serializeError } from "../base/serialized_error.ts";
import { safeMessage } from "./issue_redaction.ts";
import { shownKey } from "../base/safe_text.ts";

/** A schema of any library that follows Standard Schema v1. It may be a function. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The interface that the library offers. */
  readonly "~standard": StandardProps<Input, Output>;
}

/** The interface of a schema. */
export interface StandardProps<Input = unknown, Output = Input> {
  /** The version of the interface. */
  readonly version: 1;
  /** The library. */
  readonly vendor: string;
  /** Checks a value; may be asynchronous. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  /** The types of input and output; exist for the compiler only. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** The value as the schema returns it, or the issues of it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One issue of a value. */
export interface StandardIssue {
  /** The message; may repeat the value, so it is redacted before it is shown. */
  readonly message: string;
  /** The path to the place, from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The input of a schema. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"];

/** The output of a schema. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/** The value as the schema returns it, or its issues without the value. */
export type Validated<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly value?: undefined; readonly issues: readonly [PayloadIssue, ...PayloadIssue[]] };

/** The most issues that are reported. */
const maxIssues = 20;

/** Reports if `value` is a schema of version 1. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  if (!("~standard" in value)) return false;
  const props = value["~standard"] as Partial<StandardProps> | null | undefined;
  return props?.version === 1 && typeof props.validate === "function";
}

/**
 * Checks `value` with `schema`; returns a promise only if the schema does. A schema that throws, or
 * returns an invalid answer, accepts nothing. Never throws.
 */
export function validate<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
): Validated<Output> | Promise<Validated<Output>> {
  try {
    const result = schema["~standard"].validate(value);
    if (!isThenable(result)) return judged(result, value);
    return Promise.resolve(result).then((settled) => judged(settled, value)).catch(broken);
  } catch (error) {
    return broken(error);
  }
}

/** The value of task `name` as `schema` returns it. @throws {PayloadValidationError} */
export async function accepted(
  name: string,
  schema: StandardSchema,
  value: unknown,
): Promise<unknown> {
  const checked = await validate(schema, value);
  if (checked.issues) throw new PayloadValidationError(name, checked.issues);
  return checked.value;
}

function judged<Output>(result: StandardResult<Output>, value: unknown): Validated<Output> {
  if (result.issues === undefined) {
    if (!("value" in result)) throw new TypeError("Cannot use what the schema answered");
    return { value: result.value };
  }
  const say = safeMessage(value);
  const [first, ...others] = result.issues.slice(0, maxIssues).map((issue): PayloadIssue => {
    const path = issue.path?.slice(0, 64).map((part) =>
      shownKey(typeof part === "object" ? part.key : part)
    );
    return { message: say(issue.message), ...(path?.length && { path }) };
  });
  return { issues: [first ?? { message: "the schema refused it and gave no reason" }, ...others] };
}

/** The name of an error: its message may quote the value, its name does not. */
function broken(error: unknown): Validated<never> {
  return { issues: [{ message: `the schema could not check it: ${serializeError(error).name}` }] };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
