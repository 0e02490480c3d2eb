/**
 * What ioredis makes a port say to everything a server may say.
 *
 * @module
 */

import { connect } from "../../adapters/ioredis.ts";
import { repliesSuite } from "../conformance/replies.ts";

repliesSuite("ioredis", connect);
