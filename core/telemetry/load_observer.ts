/**
 * Loads the code that reports to OpenTelemetry, once an SDK is registered. Until then each call only
 * reads one property to check, so a process without an SDK pays for nothing else.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";
import { knownOptions, oneOf } from "../base/options.ts";
import type { Observer, Telemetry, TelemetryOptions } from "./observer.ts";

/** The key under which every copy of `@opentelemetry/api` 1.x keeps the registered SDK. */
const registered = Symbol.for("opentelemetry.js.api.1");
const propagations = ["auto", "parent", "link", "none"] as const;

/**
 * Reads the option `telemetry`. `server` is a URL, of which only host and port are reported, or a
 * port, which is not reported.
 *
 * @throws TypeError if an option is invalid.
 */
export function createTelemetry(
  given: TelemetryOptions | false | undefined,
  server: unknown,
): Telemetry {
  if (given === false) return () => undefined;
  const options = given === undefined ? {} : given;
  knownOptions("telemetry", options, ["propagation"]);
  const propagation = oneOf("propagation", options.propagation ?? "auto", propagations);
  let observer: ReturnType<Telemetry>;
  const telemetry: Telemetry = () => {
    if (observer || !(registered in globalThis)) return observer;
    return observer = importOutsideScope(() => import("./otel_observer.ts"))
      .then(
        ({ createObserver }) => observer = createObserver(propagation, server),
        () => undefined, // If it cannot be loaded, nothing is reported and tasks still run.
      );
  };
  void telemetry(); // An SDK that is there already is observed from the first push on.
  return telemetry;
}

/** The observer, once it is loaded. */
export function loadedObserver(telemetry: Telemetry | undefined): Observer | undefined {
  const observer = telemetry?.();
  return observer instanceof Promise ? undefined : observer;
}
