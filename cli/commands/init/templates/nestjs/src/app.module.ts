import { Inject, type MiddlewareConsumer, Module, type NestModule } from "@nestjs/common";
import type { Relier } from "@relier/core";
import { admission, dashboard, idempotencyKey, relier, tasksApi } from "@relier/core/express";
import { RELIER, RelierModule } from "@relier/core/nestjs";
import { Mailer } from "./mailer.ts";
import { ReceiptsController } from "./receipts.controller.ts";
import { taskClasses, tasks } from "./tasks.ts";

/** The server. It pushes; the worker is another process. */
@Module({
  imports: [RelierModule.forRoot({ tasks: taskClasses })], // RELIER_REDIS_URL, or redis://127.0.0.1:6379
  controllers: [ReceiptsController],
  providers: [Mailer, ...taskClasses],
})
export class AppModule implements NestModule {
  constructor(@Inject(RELIER) private readonly client: Relier) {}

  /** ADMIN_TOKEN opens the tasks API and the dashboard, which are closed without it. */
  configure(consumer: MiddlewareConsumer): void {
    const { client } = this;
    // Repeats the response for the same Idempotency-Key; 429 while the queue is full.
    const gates = [relier(client), idempotencyKey(), admission({ queue: "default" })];
    consumer.apply(...gates).forRoutes(ReceiptsController);
    const token = process.env["ADMIN_TOKEN"];
    if (!token) return;
    consumer.apply(tasksApi(client, { tasks, auth: { token } })).forRoutes("tasks");
    consumer.apply(dashboard(client, { auth: { token } })).forRoutes("admin/rl");
  }
}
