export { TraceListSkeleton as default } from '@/components/traces/trace-skeletons';
