import type { NextConfig } from "next";

const config: NextConfig = {
  // Node loads the package itself: a bundle would leave its threads and clients behind.
  serverExternalPackages: ["@relier/core"],
};

export default config;
