'use client';

import { PlusIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { ReasonDialog } from '@/components/operator/reason-dialog';
import { createTenant } from '@/lib/workflows/tenant-operations/actions';

/** A button that makes a tenant for an address, and leads to it. */
export function CreateTenant() {
  const router = useRouter();
  return (
    <ReasonDialog
      trigger={
        <>
          <PlusIcon aria-hidden="true" />
          New tenant
        </>
      }
      variant="default"
      title="New tenant"
      effects={[
        'The tenant is there at once, on Starter.',
        'Its admin gets a mail with the way in, and confirms the tenant by it.',
        'What nobody confirms within seven days is deleted.',
      ]}
      fields={[
        { name: 'name', label: 'Name' },
        { name: 'slug', label: 'Address', hint: 'Lower-case letters, digits and hyphens.' },
        { name: 'admin_email', label: 'Admin’s e-mail', type: 'email' },
      ]}
      verb="Create tenant"
      doing="Creating…"
      run={({ name = '', slug = '', admin_email = '', reason }) =>
        createTenant({ name, slug, admin_email, reason })
      }
      done="The tenant is there."
      onDone={({ id }) => router.push(`/admin/tenants/${id}`)}
    />
  );
}
