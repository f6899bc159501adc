import { ChevronRightIcon, KeyRoundIcon } from 'lucide-react';
import { KeyCards } from '@/components/api-keys/key-cards';
import { CreateKeyButton, KeyDialogs } from '@/components/api-keys/key-dialogs';
import { HEADING_ID, isOver, pairUp, toShown } from '@/components/api-keys/key-state';
import { KeyTable } from '@/components/api-keys/key-table';
import { LegacyKeyNotice } from '@/components/api-keys/legacy-key-notice';
import { plural } from '@/components/data/format';
import { scopesToOffer } from '@/lib/api-keys/rules';
import type { ApiKeyRow, LegacyKey } from '@/lib/api-keys/schema';
import type { Role } from '@/lib/auth/schema';

/** A workspace's API keys: those that work first, the ended ones behind a fold. */
export function ApiKeysView({
  keys,
  legacyKey,
  role,
  canCreate,
  canManage,
  host,
  scheme,
}: {
  keys: ApiKeyRow[];
  legacyKey: LegacyKey | null;
  role: Role;
  canCreate: boolean;
  /** Whether the person acts on everybody's keys, and makes service keys. */
  canManage: boolean;
  /** The workspace's own host and the scheme it is reached by, for the request that a new key is shown with. */
  host: string;
  scheme: string;
}) {
  const now = new Date();
  const rows = keys.map((key) => toShown(key, now));
  const current = pairUp(rows.filter((row) => !isOver(row)));
  const ended = rows.filter(isOver);

  return (
    <KeyDialogs origin={`${scheme}://${host}`} offer={scopesToOffer(role)} canManage={canManage}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h1 id={HEADING_ID} tabIndex={-1} className="text-xl font-semibold tracking-tight outline-none">
            API keys
          </h1>
          <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
            Your applications send traces with one. Give each application its own, so that each can be revoked
            alone.
          </p>
        </div>
        {canCreate && current.length > 0 && <CreateKeyButton>Create key</CreateKeyButton>}
      </div>
      {legacyKey && (
        <div className="mt-4">
          <LegacyKeyNotice legacyKey={legacyKey} />
        </div>
      )}
      <div className="mt-4">
        {current.length > 0 ? (
          <>
            <KeyTable keys={current} canManage={canManage} />
            <KeyCards keys={current} canManage={canManage} />
          </>
        ) : (
          <NoKeys
            title={keys.length > 0 ? 'No API key works at the moment' : 'No API keys yet'}
            canCreate={canCreate}
          />
        )}
      </div>
      {ended.length > 0 && (
        <details className="mt-5 min-w-0">
          <summary className="num flex w-fit items-center gap-1 rounded-sm text-sm text-muted-foreground marker:content-none hover:text-foreground [&::-webkit-details-marker]:hidden">
            <ChevronRightIcon
              aria-hidden="true"
              className="size-3.5 transition-transform [[open]>summary>&]:rotate-90"
            />
            Ended ({ended.length})
          </summary>
          <div className="mt-2">
            <KeyTable keys={ended} canManage={canManage} label={plural(ended.length, 'ended key')} />
            <KeyCards keys={ended} canManage={canManage} />
          </div>
        </details>
      )}
    </KeyDialogs>
  );
}

function NoKeys({ title, canCreate }: { title: string; canCreate: boolean }) {
  return (
    <div className="flex flex-col items-center rounded-lg border border-dashed px-4 py-14 text-center">
      <KeyRoundIcon aria-hidden="true" className="size-6 text-muted-foreground" />
      <p className="mt-3 font-medium">{title}</p>
      <p className="mt-1 max-w-md text-sm text-muted-foreground text-pretty">
        {canCreate
          ? 'Create one, and you get a request to copy that sends a first trace with it.'
          : 'Your role does not create keys. Ask an admin of this workspace for one.'}
      </p>
      {canCreate && (
        <div className="mt-4">
          <CreateKeyButton>Create key</CreateKeyButton>
        </div>
      )}
    </div>
  );
}
