export { SetupSkeleton as default } from '@/components/setup/setup-skeleton';
