import { Controller, Get, Module } from "@nestjs/common";
import { HealthCheck, HealthCheckService, TerminusModule } from "@nestjs/terminus";
import { RelierHealth, RelierModule } from "@relier/core/nestjs";
import { Mailer } from "./mailer.ts";
import { taskClasses } from "./tasks.ts";

@Controller()
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly relier: RelierHealth,
  ) {}

  @Get("livez")
  live(): string {
    return "ok";
  }

  @Get("readyz")
  @HealthCheck()
  ready() {
    return this.checks.check([() => this.relier.isHealthy()]);
  }
}

/** A worker, with health checks on HTTP. */
@Module({
  imports: [
    TerminusModule,
    RelierModule.forRoot({ tasks: taskClasses, worker: { concurrency: 10 } }),
  ],
  controllers: [HealthController],
  providers: [Mailer, ...taskClasses],
})
export class WorkerModule {}
