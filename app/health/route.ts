/** The path that clients of the 0.3 API ask. */
export { GET } from '@/app/api/health/route';
