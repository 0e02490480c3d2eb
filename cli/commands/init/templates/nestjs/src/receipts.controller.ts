import { Controller, Get, HttpCode, Param, Post } from "@nestjs/common";
import { sendReceipt } from "./tasks.ts";

@Controller()
export class ReceiptsController {
  /** The task is in Redis before this responds. */
  @Post("receipts/:order")
  @HttpCode(202)
  async create(@Param("order") order: string) {
    const { id, outcome } = await sendReceipt.apush({ order });
    return { id, outcome };
  }

  @Get("healthz")
  health(): string {
    return "ok";
  }
}
