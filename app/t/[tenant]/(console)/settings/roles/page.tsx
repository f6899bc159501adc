import type { Metadata } from 'next';
import { RolesView } from '@/components/roles/roles-view';
import { permissionTable } from '@/lib/auth/permission-table';
import { requireTenant } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Roles' };

export default async function RolesPage({ params }: { params: Promise<{ tenant: string }> }) {
  const { actor } = await requireTenant(params, 'roles:read');
  return <RolesView {...permissionTable()} own={actor.role} />;
}
