/**
 * What a process finds in its environment. (Next's types demand a NODE_ENV in NodeJS.ProcessEnv; ours need not have one.)
 * @typedef {Record<string, string | undefined>} Environment
 */

/**
 * Variables that configure the product. Builds and tests must not depend on what the caller's shell happens to hold.
 */
const ours =
  /^(NODE_ENV|PORT|HOST|ROOT_DOMAIN|LOG_LEVEL|TRUSTED_PROXIES|CRON_SECRET|NEXT_DIST_DIR|NEXT_PUBLIC_.*|(AUTH|NEXTAUTH|API_KEY|DATABASE|REDIS|UPSTASH|STRIPE|SMTP|MAIL|GITHUB|GOOGLE|RATE_LIMIT|RAGTOOLKIT|E2E|TEST_DATABASE)_.*)$/;

/** @returns {Environment} the environment without the product's own variables */
export function neutralEnv() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/**
 * As the functions that spawn processes want it.
 * @param {Environment} env
 */
export function forSpawn(env) {
  return /** @type {NodeJS.ProcessEnv} */ (env);
}
