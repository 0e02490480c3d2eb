/**
 * What the shop and its worker both know of an order: that is all they share.
 *
 * @module
 */

import { boolean, object, string } from "valibot";
import type { StandardSchema } from "../../../mod.ts";

/** An order; `hang` has the first attempt at it wait for an answer that never comes. */
export interface Order {
  readonly order: string;
  readonly hang: boolean;
}

/** Its schema. */
export const orderSchema: StandardSchema<Order, Order> = object({
  order: string(),
  hang: boolean(),
});
