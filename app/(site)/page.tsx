import { Landing } from '@/components/site/landing';
import { urlOf } from '@/lib/gateway/hosts';
import { plans } from '@/lib/plans/plans';

export default function SitePage() {
  return (
    <Landing
      signUpUrl={urlOf('cloud', '/signup')}
      signInUrl={urlOf('cloud', '/login')}
      plans={Object.entries(plans).map(([id, plan]) => ({ id, ...plan }))}
    />
  );
}
