export { UsageSkeleton as default } from '@/components/usage/usage-skeleton';
