/**
 * The results of a port over ioredis for every possible reply of a server.
 *
 * @module
 */

import { connect } from "../../adapters/ioredis.ts";
import { repliesSuite } from "../conformance/replies.ts";

repliesSuite("ioredis", connect);
