import { CardHeading } from '@/components/auth/card-heading';
import { Button } from '@/components/ui/button';

/** What stands where a mailed link leads that is used up, expired or somebody else's. Stands in an AuthLayout. */
export function LinkSpent({ children, href, label }: { children: string; href: string; label: string }) {
  return (
    <>
      <CardHeading title="This link does not work">{children}</CardHeading>
      <Button asChild className="w-full">
        <a href={href}>{label}</a>
      </Button>
    </>
  );
}
