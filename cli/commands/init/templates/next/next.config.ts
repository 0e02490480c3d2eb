import type { NextConfig } from "next";

const config: NextConfig = {
  // Node loads the package itself: a bundle would leave its threads and clients behind. It shares
  // one Hono with src/admin.ts, which mounts its apps.
  serverExternalPackages: ["@relier/core", "hono"],
};

export default config;
