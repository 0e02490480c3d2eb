/**
 * Stands for `node:test` in workerd, which has none: it keeps the registered tests for
 * their runner.
 *
 * @module
 */

/** The argument of a test body. */
export interface TestContext {
  readonly name: string;
  skip(reason?: string): void;
}

type Body = (t: TestContext) => unknown;

/** A registered test. */
export interface Registered {
  readonly name: string;
  readonly skip: boolean | string;
  readonly body: Body;
}

/** The tests in the order of their registration. */
export const registered: Registered[] = [];

/** Registers a test. */
export function test(name: string, ...rest: (Body | { skip?: boolean | string })[]): void {
  const body = rest.find((each) => typeof each === "function") as Body;
  const options = rest.find((each) => typeof each === "object") as { skip?: boolean | string };
  registered.push({ name, skip: options?.skip ?? false, body });
}
