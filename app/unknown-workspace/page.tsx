import { notFound } from 'next/navigation';

/** Where the gateway sends a subdomain that no workspace has: not-found.tsx beside this, with status 404. */
export default function UnknownWorkspacePage(): never {
  notFound();
}
