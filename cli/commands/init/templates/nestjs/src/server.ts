import "reflect-metadata";
import { AppModule } from "./app.module.ts";
import { serve } from "./serve.ts";

void serve(AppModule, Number(process.env["PORT"] ?? 3000));
