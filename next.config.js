// @ts-check

/** @type {import('next').NextConfig} */
const config = {
  distDir: process.env.NEXT_DIST_DIR || '.next',
  poweredByHeader: false,
  typescript: { ignoreBuildErrors: true }, // `npm run check` tells of them; a type error in a test is no reason not to start
  reactStrictMode: true,
  // Native or stateful packages: loaded by Node, not bundled.
  serverExternalPackages: [
    '@node-rs/argon2',
    '@opentelemetry/otlp-transformer',
    'nodemailer',
    'pino',
    'postgres',
    'protobufjs',
  ],
  // Every host of the development server is below the root domain.
  allowedDevOrigins: ['*.ragtoolkit.localhost', 'ragtoolkit.localhost'],
  experimental: {
    authInterrupts: true, // forbidden(): a page that answers 403
    // In development: what it sends comes over a connection that server.ts does not carry, and a transition waits for it for ever.
    reactDebugChannel: false,
  },
};

export default config;
