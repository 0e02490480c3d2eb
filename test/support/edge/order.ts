/**
 * The definition of an order, the only code that the shop and its worker share.
 *
 * @module
 */

import { boolean, object, string } from "valibot";
import type { StandardSchema } from "../../../mod.ts";

/** An order; `hang` makes its first attempt wait for an answer that never comes. */
export interface Order {
  readonly order: string;
  readonly hang: boolean;
}

/** The schema of an order. */
export const orderSchema: StandardSchema<Order, Order> = object({
  order: string(),
  hang: boolean(),
});
