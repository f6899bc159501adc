import { Landing } from '@/components/site/landing';
import { urlOf } from '@/lib/gateway/hosts';

export default function SitePage() {
  return <Landing signUpUrl={urlOf('cloud', '/signup')} signInUrl={urlOf('cloud', '/login')} />;
}
