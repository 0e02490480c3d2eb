/**
 * Bun's own client on real servers that restart, load, or turn it away.
 *
 * @module
 */

import { connect } from "../../../adapters/bun.ts";
import { serverSuite } from "../../conformance/server.ts";

serverSuite("bun", connect);
