import type Stripe from 'stripe';
import { z } from 'zod';
import { type Box, find, now } from '../box';
import { invalidRequest } from '../errors';
import { listPage } from '../lists';
import { emptyable, flag, metadata, page, parameters, text } from '../params';
import { route } from '../router';
import { isWebAddress, newObjectId } from '../wire';
import { mergeMetadata, onlyExpand } from './common';

const enabled = z.strictObject({ enabled: flag });
const features = z.strictObject({
  customer_update: z
    .strictObject({ enabled: flag, allowed_updates: emptyable(z.array(text)).optional() })
    .optional(),
  invoice_history: enabled.optional(),
  payment_method_update: enabled.optional(),
  subscription_cancel: z
    .strictObject({
      enabled: flag,
      mode: z.enum(['at_period_end', 'immediately']).optional(),
      proration_behavior: z.enum(['none', 'create_prorations', 'always_invoice']).optional(),
      cancellation_reason: z.strictObject({ enabled: flag, options: z.array(text).optional() }).optional(),
    })
    .optional(),
  subscription_update: enabled.optional(),
});
const profile = z.strictObject({
  headline: emptyable(text).optional(),
  privacy_policy_url: text.optional(),
  terms_of_service_url: text.optional(),
});
const configurationCreate = parameters<Stripe.BillingPortal.ConfigurationCreateParams>()({
  features,
  business_profile: profile.optional(),
  default_return_url: emptyable(text).optional(),
  metadata: metadata.optional(),
  name: emptyable(text).optional(),
});
const configurationUpdate = parameters<Stripe.BillingPortal.ConfigurationUpdateParams>()({
  active: flag.optional(),
  features: features.optional(),
  business_profile: profile.optional(),
  default_return_url: emptyable(text).optional(),
  metadata: metadata.optional(),
  name: emptyable(text).optional(),
});
const configurationList = parameters<Stripe.BillingPortal.ConfigurationListParams>()({
  ...page,
  active: flag.optional(),
  is_default: flag.optional(),
});
const sessionCreate = parameters<Stripe.BillingPortal.SessionCreateParams>()({
  customer: text,
  configuration: text.optional(),
  flow_data: z.strictObject({ type: z.literal('payment_method_update') }).optional(),
  locale: text.optional(),
  return_url: text.refine(isWebAddress, 'not a valid URL').optional(),
});

type Features = z.infer<typeof features>;

function toFeatures(
  given: Features,
  before?: Stripe.BillingPortal.Configuration.Features,
): Stripe.BillingPortal.Configuration.Features {
  const cancel = given.subscription_cancel;
  return {
    customer_update: {
      allowed_updates:
        given.customer_update?.allowed_updates ?? before?.customer_update.allowed_updates ?? [],
      enabled: given.customer_update?.enabled ?? before?.customer_update.enabled ?? false,
    },
    invoice_history: { enabled: given.invoice_history?.enabled ?? before?.invoice_history.enabled ?? false },
    payment_method_update: {
      enabled: given.payment_method_update?.enabled ?? before?.payment_method_update.enabled ?? false,
      payment_method_configuration: null,
    },
    subscription_cancel: {
      cancellation_reason: {
        enabled: cancel?.cancellation_reason?.enabled ?? false,
        feedback_options: null,
        options: cancel?.cancellation_reason?.options ?? [],
      },
      enabled: cancel?.enabled ?? before?.subscription_cancel.enabled ?? false,
      mode: cancel?.mode ?? before?.subscription_cancel.mode ?? 'at_period_end',
      proration_behavior:
        cancel?.proration_behavior ?? before?.subscription_cancel.proration_behavior ?? 'none',
    },
    subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
    subscription_update: {
      billing_cycle_anchor: null,
      default_allowed_updates: [],
      enabled: given.subscription_update?.enabled ?? before?.subscription_update.enabled ?? false,
      proration_behavior: 'none',
      schedule_at_period_end: { conditions: [] },
      trial_update_behavior: 'end_trial',
    },
  };
}

function createConfiguration(
  box: Box,
  params: Omit<z.infer<typeof configurationCreate>, 'expand'>,
  isDefault: boolean,
): Stripe.BillingPortal.Configuration {
  const at = now(box);
  const configuration = {
    id: newObjectId('bpc'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: {
      headline: params.business_profile?.headline ?? null,
      privacy_policy_url: params.business_profile?.privacy_policy_url ?? null,
      terms_of_service_url: params.business_profile?.terms_of_service_url ?? null,
    },
    created: at,
    default_return_url: params.default_return_url ?? null,
    features: toFeatures(params.features),
    is_default: isDefault,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: mergeMetadata(null, params.metadata),
    name: params.name ?? null,
    updated: at,
  } satisfies Stripe.BillingPortal.Configuration;
  box.store.put('portal_configurations', configuration);
  return configuration;
}

/** The configuration of an account that has made none: everything that the portal can do. */
function defaultConfiguration(box: Box): Stripe.BillingPortal.Configuration {
  const [existing] = box.store.where('portal_configurations', (row) => row.is_default);
  return (
    existing ??
    createConfiguration(
      box,
      {
        features: {
          invoice_history: { enabled: true },
          payment_method_update: { enabled: true },
          subscription_cancel: { enabled: true },
        },
      },
      true,
    )
  );
}

export const portalRoutes = [
  route('POST', '/v1/billing_portal/configurations', configurationCreate, (box, params) =>
    createConfiguration(box, params, false),
  ),
  route('GET', '/v1/billing_portal/configurations', configurationList, (box, params) => {
    const rows = box.store.where(
      'portal_configurations',
      (row) =>
        (params.active === undefined || row.active === params.active) &&
        (params.is_default === undefined || row.is_default === params.is_default),
    );
    return listPage(rows, params, '/v1/billing_portal/configurations');
  }),
  route('GET', '/v1/billing_portal/configurations/:id', onlyExpand, (box, _, { id = '' }) =>
    find(box, 'portal_configurations', id),
  ),
  route('POST', '/v1/billing_portal/configurations/:id', configurationUpdate, (box, params, { id = '' }) => {
    const before = find(box, 'portal_configurations', id);
    const after: Stripe.BillingPortal.Configuration = {
      ...before,
      active: params.active ?? before.active,
      business_profile: { ...before.business_profile, ...params.business_profile },
      default_return_url:
        params.default_return_url === undefined ? before.default_return_url : params.default_return_url,
      features: toFeatures(params.features ?? {}, before.features),
      metadata: mergeMetadata(before.metadata, params.metadata),
      name: params.name === undefined ? before.name : params.name,
      updated: now(box),
    };
    box.store.put('portal_configurations', after);
    return after;
  }),
  route('POST', '/v1/billing_portal/sessions', sessionCreate, (box, params) => {
    find(box, 'customers', params.customer, 'customer');
    const configuration = params.configuration
      ? find(box, 'portal_configurations', params.configuration, 'configuration')
      : defaultConfiguration(box);
    if (!configuration.active)
      throw invalidRequest('This portal configuration is not active.', 'configuration');
    const id = newObjectId('bps');
    const session = {
      id,
      object: 'billing_portal.session',
      configuration: configuration.id,
      created: now(box),
      customer: params.customer,
      customer_account: null,
      flow: params.flow_data
        ? {
            after_completion: {
              hosted_confirmation: null,
              redirect: params.return_url ? { return_url: params.return_url } : null,
              type: params.return_url ? 'redirect' : 'portal_homepage',
            },
            customer_update: null,
            subscription_cancel: null,
            subscription_pause: null,
            subscription_update: null,
            subscription_update_confirm: null,
            type: params.flow_data.type,
          }
        : null,
      livemode: false,
      locale: params.locale ?? null,
      on_behalf_of: null,
      return_url: params.return_url ?? configuration.default_return_url,
      url: `${box.origin}/p/session/${id}`,
    } satisfies Stripe.BillingPortal.Session;
    box.store.put('portal_sessions', session);
    return session;
  }),
];
