import 'server-only';
import { cookies, headers } from 'next/headers';
import type { z } from 'zod';
import { authorize } from '@/lib/auth/authorize';
import { authenticate } from '@/lib/auth/credentials';
import type { Permission } from '@/lib/auth/permissions';
import { AppError, errorCodes } from '@/lib/errors';
import { assertRouteWithin } from '@/lib/gateway/limit';
import { newRequestId } from '@/lib/ids';
import { annotateRequest, currentClient, currentRequestId, isInRequest, runRequest } from '@/lib/log';
import type { RouteLimit } from '@/lib/rate-limit/policies';
import {
  describeActor,
  describeOperator,
  type OperatorContext,
  type TenantContext,
} from '@/lib/tenancy/context';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { type ActionResult, tooManyActions } from './action-result';
import { clientOf } from './client';
import { toAppError } from './error-response';
import { toIssues } from './issues';
import { identifyOperator } from './operator-endpoint';

type Contract<I extends z.ZodType, O extends z.ZodType> = {
  name: string;
  input: I;
  output: O;
  /** What it costs beyond its request, which the gateway has counted: a name of lib/rate-limit/policies.ts. */
  limit: RouteLimit;
};

/** Every server action by name, with what it asks for; `null` is "anybody". Filled as actions are defined. */
export const actionRegistry = new Map<string, { permission: Permission | null }>();

/** A server action of a tenant's console: the same steps as `endpoint()`, with the session as the credential. */
export function action<I extends z.ZodType, O extends z.ZodType>(
  contract: Contract<I, O> & {
    permission: Permission;
    /** What the workspace must be; active unless told. */
    tenantStatus?: TenantEntry['status'];
  },
  handler: (ctx: TenantContext, input: z.output<I>) => Promise<z.input<O>>,
): (input: z.input<I>) => Promise<ActionResult<z.output<O>>> {
  actionRegistry.set(contract.name, { permission: contract.permission });
  return (input) =>
    settle(contract, async (requestId) => {
      const sent = await headers();
      const ctx = await authenticate(
        {
          host: sent.get('host'),
          method: 'POST',
          origin: sent.get('origin'),
          authorization: null,
          apiKey: null,
          cookie: (await cookies()).toString(),
        },
        requestId,
        contract.tenantStatus,
      );
      annotateRequest({ tenant: ctx.tenant.id, actor: describeActor(ctx) });
      authorize(ctx, contract.permission);
      return handler(ctx, parse(contract.input, input));
    });
}

/**
 * A server action of the operator's console: by an operator's session at cloud. Everybody else is told `not_found`,
 * whatever they send.
 */
export function operatorAction<I extends z.ZodType, O extends z.ZodType>(
  contract: Contract<I, O>,
  handler: (ctx: OperatorContext, input: z.output<I>) => Promise<z.input<O>>,
): (input: z.input<I>) => Promise<ActionResult<z.output<O>>> {
  actionRegistry.set(contract.name, { permission: null });
  return (input) =>
    settle(contract, async (requestId) => {
      const sent = await headers();
      const operator = await identifyOperator({
        host: sent.get('host'),
        method: 'POST',
        origin: sent.get('origin'),
        authorization: null,
        apiKey: null,
        cookie: (await cookies()).toString(),
      });
      if (!operator) throw new AppError('not_found');
      annotateRequest({ actor: describeOperator(operator) });
      return handler({ operator, requestId }, parse(contract.input, input));
    });
}

/** A server action that anybody may call, such as sign-up. */
export function publicAction<I extends z.ZodType, O extends z.ZodType>(
  contract: Contract<I, O>,
  handler: (input: z.output<I>, meta: { requestId: string }) => Promise<z.input<O>>,
): (input: z.input<I>) => Promise<ActionResult<z.output<O>>> {
  actionRegistry.set(contract.name, { permission: null });
  return (input) => settle(contract, (requestId) => handler(parse(contract.input, input), { requestId }));
}

async function settle<I extends z.ZodType, O extends z.ZodType>(
  contract: Contract<I, O>,
  run: (requestId: string) => Promise<z.input<O>>,
): Promise<ActionResult<z.output<O>>> {
  return inRequest(async () => {
    const requestId = currentRequestId();
    annotateRequest({ route: `action ${contract.name}` });
    try {
      await assertRouteWithin(contract.limit, currentClient().ip);
      return { ok: true, data: contract.output.parse(await run(requestId)) };
    } catch (error) {
      // `message` is no property that a rest would take along.
      const { code, issues, message: said, retryAfter } = toAppError(error);
      annotateRequest({ errorCode: code });
      // A verb that says why keeps its sentence.
      const isPlain = code === 'rate_limited' && said === errorCodes.rate_limited.message;
      const message = isPlain && retryAfter !== undefined ? tooManyActions(retryAfter) : said;
      return { ok: false, error: { code, message, requestId, issues } };
    }
  });
}

/** server.ts has begun the request already; where there is no server.ts, the action does. */
async function inRequest<T>(run: () => Promise<T>): Promise<T> {
  if (isInRequest()) return run();
  const sent = await headers();
  const line = { requestId: newRequestId(), method: 'POST', host: sent.get('host') ?? '', path: '' };
  return runRequest(line, run, clientOf(sent));
}

function parse<I extends z.ZodType>(schema: I, input: unknown): z.output<I> {
  const result = schema.safeParse(input);
  if (!result.success)
    throw new AppError('invalid_input', 'Some fields need attention.', toIssues(result.error));
  return result.data;
}
