import "reflect-metadata";
import { serve } from "./serve.ts";
import { WorkerModule } from "./worker.module.ts";

void serve(WorkerModule, Number(process.env["HEALTH_PORT"] ?? 9464));
