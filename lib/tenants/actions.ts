'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import * as queries from './queries';
import {
  changedSlug,
  changeSlugInput,
  renamedTenant,
  renameTenantInput,
  slugCheckInput,
  slugCheckResult,
} from './schema';

/** Renames the signed-in admin's workspace. */
export const renameTenant = action(
  {
    name: 'tenants.rename',
    limit: 'caller',
    permission: 'tenant:update',
    input: renameTenantInput,
    output: renamedTenant,
  },
  (ctx, input) => mutations.renameTenant(ctx, input),
);

/** Moves the signed-in admin's workspace to another subdomain. */
export const changeSlug = action(
  {
    name: 'tenants.change-slug',
    limit: 'caller',
    permission: 'tenant:update',
    input: changeSlugInput,
    output: changedSlug,
  },
  (ctx, input) => mutations.changeSlug(ctx, input),
);

/** Whether the workspace can move to a subdomain, asked as one types. */
export const checkOwnSlug = action(
  {
    name: 'tenants.check-slug',
    limit: 'caller',
    permission: 'tenant:update',
    input: slugCheckInput,
    output: slugCheckResult,
  },
  (ctx, { slug }) => queries.checkOwnSlug(ctx, slug.trim().toLowerCase()),
);
