import type { Metadata } from 'next';
import { ErrorReference } from '@/components/site/error-reference';
import { errorCodes } from '@/lib/errors';

export const metadata: Metadata = { title: 'Errors of the API' };

export default function ErrorsPage() {
  return <ErrorReference errors={Object.entries(errorCodes).map(([code, error]) => ({ code, ...error }))} />;
}
