export { ExplainSkeleton as default } from '@/components/usage/usage-skeleton';
