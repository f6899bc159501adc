import { createHmac } from 'node:crypto';
import { env } from '@/lib/env';

/**
 * The three logins. The application connects as them, never as the administrator, and never by SET ROLE, which
 * RESET ROLE would undo.
 * - owner: migrations, provisioning, dropping
 * - app: a tenant's request; owns nothing, sees its own tenant's rows, no credentials
 * - platform: control tables across tenants: directory, sign-in, metering, billing, operator
 */
export const logins = {
  owner: 'ragtoolkit_owner',
  app: 'ragtoolkit_app',
  platform: 'ragtoolkit_platform',
} as const;

export type Login = keyof typeof logins;

/** A login's password, derived from DATABASE_ROLE_SECRET: nothing more to store or to rotate apart. */
export function loginPassword(login: Login, roleSecret: string = env().databaseRoleSecret): string {
  return createHmac('sha256', roleSecret).update(`database login ${logins[login]}`).digest('base64url');
}

/** The connection URL of a login: host, port and database of the administrator's URL. */
export function loginUrl(login: Login, adminUrl: string = env().databaseUrl): string {
  const url = new URL(adminUrl);
  url.username = logins[login];
  url.password = loginPassword(login);
  return url.toString();
}
