/**
 * A worker process whose date is wrong: its clock is set before anything else
 * is loaded, and again and again while it works.
 *
 * @module
 */

import "./skew.ts";
import "./worker.ts";
