import { PanelsSkeleton } from '@/components/operator/operator-skeleton';

export default function Loading() {
  return <PanelsSkeleton label="Loading the meters" />;
}
