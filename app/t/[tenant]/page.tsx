import { redirect } from 'next/navigation';

export default function TenantPage(): never {
  redirect('/overview');
}
