export { LimitsSkeleton as default } from '@/components/limits/limits-skeleton';
