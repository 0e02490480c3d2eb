import "reflect-metadata";
import { Test } from "@nestjs/testing";
import type { Relier } from "@relier/core";
import { RELIER } from "@relier/core/nestjs";
import { AppModule } from "../src/app.module.ts";
import { serve } from "./serve.ts";

/** The app on a client of the tests. */
export async function openApp(client: Relier, token: string) {
  process.env["ADMIN_TOKEN"] = token;
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(RELIER).useValue(client).compile();
  const app = module.createNestApplication();
  await app.init();
  return await serve(app.getHttpServer());
}
