/**
 * First import of an isolate whose worker exports telemetry: the isolate exports, too.
 *
 * @module
 */

import { exportHere } from "./otlp_exporter.ts";

await exportHere();
