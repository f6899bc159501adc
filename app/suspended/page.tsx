import type { Metadata } from 'next';
import { forbidden } from 'next/navigation';

export const metadata: Metadata = { title: 'Suspended' };

/** Where the gateway sends every page of a workspace that is suspended: forbidden.tsx beside this, with status 403. */
export default function SuspendedPage(): never {
  forbidden();
}
