/**
 * The plan of a cluster, as `rl cluster up` makes it and the daemon receives it.
 *
 * @module
 */

import type { Otlp } from "../processes/otlp_exporter.ts";
import type { StateDir } from "./state_dir.ts";
import type { SupervisorOptions } from "./supervisor.ts";

/** Parts of a cluster. */
export interface ClusterPlan {
  readonly place: StateDir;
  readonly cwd: string;
  /** An existing Redis, and the source of its URL; undefined to start one. */
  readonly redis: { readonly url: string; readonly from: string } | undefined;
  readonly prefix: string;
  readonly modules: readonly string[];
  readonly size: number;
  /** True to open a dashboard. */
  readonly dashboard: boolean;
  readonly worker: NonNullable<SupervisorOptions["worker"]>;
  /** OTLP endpoint to export to. */
  readonly otlp: Otlp | undefined;
}
