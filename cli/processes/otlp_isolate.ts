/**
 * What an isolate of a worker imports first where that exports: from then on it exports,
 * too.
 *
 * @module
 */

import { exportHere } from "./otlp_exporter.ts";

await exportHere();
