/**
 * The port contract through Upstash's SDK, inside workerd.
 *
 * @module
 */

import { portSuite } from "../../conformance/port.ts";
import { portSkips } from "../../support/suites.ts";
import { edgeBench } from "../../support/workerd/bench.ts";

portSuite("upstash in workerd", edgeBench, { skip: portSkips.upstash });
