import { FingerprintIcon, type LucideIcon, SendIcon, TextSearchIcon, UsersIcon } from 'lucide-react';
import { Logo } from '@/components/shell/logo';
import { SkipLink } from '@/components/shell/skip-link';
import { ThemeToggle } from '@/components/shell/theme-toggle';
import { GradedAnswer } from '@/components/site/graded-answer';
import { Plans, type ShownPlan } from '@/components/site/plans';
import { Screenshot } from '@/components/site/screenshot';
import { Button } from '@/components/ui/button';

const parts: { Icon: LucideIcon; title: string; text: string }[] = [
  {
    Icon: TextSearchIcon,
    title: 'The answer beside its evidence',
    text: 'Question, retrieved chunks in rank order with source and score, prompt, output, latency and tokens: one page per answer, to be read in a minute.',
  },
  {
    Icon: SendIcon,
    title: 'One HTTP request per answer',
    text: 'Send JSON with an API key, from any language. The first trace is a curl command that you copy from your console with your key already in it.',
  },
  {
    Icon: FingerprintIcon,
    title: 'Kept apart by the database',
    text: 'Your traces lie in a schema of your own, behind row-level security: a query that forgets to say whose data it wants gets none.',
  },
  {
    Icon: UsersIcon,
    title: 'An address for the team',
    text: 'Each workspace has its own subdomain and three roles: admins create API keys, analysts work with traces, viewers read.',
  },
];

/** The front page: what the product is, for whom, what one gets, with a drawn example of a graded answer. */
export function Landing({
  signUpUrl,
  signInUrl,
  plans,
}: {
  signUpUrl: string;
  signInUrl: string;
  plans: ShownPlan[];
}) {
  return (
    <div className="min-h-dvh">
      <SkipLink />
      <header className="mx-auto flex max-w-6xl items-center justify-between gap-3 px-4 py-3 sm:px-6">
        <Logo />
        <nav aria-label="Account" className="flex items-center gap-1 sm:gap-2">
          <ThemeToggle />
          <Button asChild variant="ghost" size="sm">
            <a href={signInUrl}>Sign in</a>
          </Button>
          <Button asChild size="sm" className="hidden sm:inline-flex">
            <a href={signUpUrl}>Create a workspace</a>
          </Button>
        </nav>
      </header>
      <main id="main" tabIndex={-1} className="outline-none">
        <section className="mx-auto grid max-w-6xl items-center gap-x-14 gap-y-12 px-4 pt-12 pb-16 sm:px-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.05fr)] lg:pt-20 lg:pb-24">
          <div>
            <h1 className="text-4xl leading-[1.1] font-semibold tracking-tight text-balance sm:text-5xl">
              Which of your answers can you prove?
            </h1>
            <p className="mt-5 max-w-xl text-lg leading-relaxed text-muted-foreground text-pretty">
              RAG Toolkit Cloud keeps every answer your application gives next to the chunks it was made from,
              so that you see which answers stand on them and which do not.
            </p>
            <p className="mt-4 max-w-xl leading-relaxed text-muted-foreground text-pretty">
              It is for the engineer who hears “the assistant told a customer something wrong” and has to find
              out, today, whether the search or the model was to blame.
            </p>
            <div className="mt-8 flex flex-wrap items-center gap-3">
              <Button asChild size="lg">
                <a href={signUpUrl}>Create a workspace</a>
              </Button>
              <Button asChild variant="outline" size="lg">
                <a href={signInUrl}>Sign in</a>
              </Button>
            </div>
          </div>
          <GradedAnswer />
        </section>
        <section aria-labelledby="what" className="border-y bg-sidebar">
          <div className="mx-auto max-w-6xl px-4 py-14 sm:px-6 lg:py-18">
            <h2 id="what" className="text-2xl font-semibold tracking-tight">
              What you get
            </h2>
            <dl className="mt-8 grid gap-x-12 gap-y-9 sm:grid-cols-2">
              {parts.map(({ Icon, title, text }) => (
                <div key={title} className="flex gap-4">
                  <Icon aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-primary" />
                  <div>
                    <dt className="font-medium">{title}</dt>
                    <dd className="mt-1 text-sm leading-relaxed text-muted-foreground text-pretty">{text}</dd>
                  </div>
                </div>
              ))}
            </dl>
          </div>
        </section>
        <Screenshot />
        <Plans plans={plans} signUpUrl={signUpUrl} />
      </main>
      <footer className="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-3 px-4 py-8 text-sm text-muted-foreground sm:px-6">
        <span>RAG Toolkit Cloud</span>
        <nav aria-label="More" className="flex flex-wrap gap-x-5 gap-y-2">
          {[
            { href: '/docs/api', text: 'API reference' },
            { href: '/docs/errors', text: 'Errors of the API' },
            { href: signInUrl, text: 'Sign in to your workspace' },
          ].map(({ href, text }) => (
            <a key={href} href={href} className="underline-offset-4 hover:text-foreground hover:underline">
              {text}
            </a>
          ))}
        </nav>
      </footer>
    </div>
  );
}
