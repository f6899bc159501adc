export { BillingSkeleton as default } from '@/components/billing/billing-skeleton';
