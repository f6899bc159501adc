export { OverviewSkeleton as default } from '@/components/overview/overview-skeleton';
