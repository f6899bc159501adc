import { ListSkeleton } from '@/components/operator/operator-skeleton';

export default function Loading() {
  return <ListSkeleton label="Loading billing" />;
}
