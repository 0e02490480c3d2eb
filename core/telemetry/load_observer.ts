/**
 * The seam to OpenTelemetry. Whoever registers an SDK is told what happens here,
 * whenever that was: until then all that is done is to look whether somebody has,
 * and the code that tells is not even loaded. That code knows of the rest of the core by
 * its types only: it is handed what it tells of.
 *
 * @module
 */

import { defaultUrl } from "../redis/connect.ts";
import { loaded } from "../task/current_run.ts";
import { knownOptions, oneOf } from "../base/options.ts";

/** How what happens is told to OpenTelemetry. */
export interface TelemetryOptions {
  /**
   * How the trace of a push and that of its task belong together. `"auto"`: the run is a child of
   * the push and linked to it, save behind a delay of over a minute and for the tasks of one
   * `pushMany()`, which begin traces of their own with a link. `"parent"`, `"link"`: always the one
   * or the other. `"none"`: not at all, and nothing is written into headers.
   */
  propagation?: "auto" | "parent" | "link" | "none";
}

/** What tells OpenTelemetry what happens. */
export type Observer = import("./otel_observer.ts").Observer;

/** Who observes, if there is anybody: a promise only until its code is loaded. */
export type Telemetry = () => Observer | Promise<Observer | undefined> | undefined;

/** Where `@opentelemetry/api` keeps what is registered, each copy of its first major version. */
const registered = Symbol.for("opentelemetry.js.api.1");
const ways = ["auto", "parent", "link", "none"] as const;

/** Reads the option `telemetry`; `redis` is the option of that name. */
export function telemetryOf(
  given: TelemetryOptions | false | undefined,
  redis: unknown,
): Telemetry {
  if (given === false) return () => undefined;
  const options = given === undefined ? {} : given;
  knownOptions("telemetry", options, ["propagation"]);
  const propagation = oneOf("propagation", options.propagation ?? "auto", ways);
  let observer: ReturnType<Telemetry>;
  const telemetry: Telemetry = () => {
    if (observer || !(registered in globalThis)) return observer;
    return observer = loaded(() => import("./otel_observer.ts"))
      .then(
        ({ createObserver }) => observer = createObserver(propagation, redis ?? defaultUrl()),
        () => undefined, // Where it cannot be loaded, nobody is told, and tasks go on.
      );
  };
  void telemetry(); // It is soonest there where the SDK was there before.
  return telemetry;
}

/** Who observes now; nobody while that is still being loaded. */
export function observing(telemetry: Telemetry | undefined): Observer | undefined {
  const observer = telemetry?.();
  return observer instanceof Promise ? undefined : observer;
}
