import { InboxIcon, SearchIcon, SearchXIcon } from 'lucide-react';
import Link from 'next/link';
import { LocalTime } from '@/components/data/local-time';
import { MailParts } from '@/components/mail/mail-parts';
import { PlainHeader } from '@/components/shell/plain-header';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/input';

type Mail = { id: string; to: string; subject: string; text: string; html: string; createdAt: string };

/** The mails this installation would have sent, newest first, with links that work. For development only. */
export function Mailbox({ mails, search }: { mails: Mail[]; search: string }) {
  const newestFirst = mails.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  return (
    <div className="min-h-dvh bg-sidebar">
      <PlainHeader />
      <main id="main" className="mx-auto max-w-3xl px-4 pt-6 pb-16 sm:px-6">
        <h1 className="text-xl font-semibold tracking-tight">Outbox</h1>
        <p className="mt-1.5 text-sm text-muted-foreground text-pretty">
          What this installation mails can be read here: it is a development machine. Newest first, 50 at the
          most.
        </p>
        <search>
          <form className="mt-4 flex flex-wrap items-center gap-2">
            <Input
              type="search"
              name="to"
              defaultValue={search}
              aria-label="Address"
              placeholder="Search by address"
              autoComplete="off"
              className="min-w-0 max-w-72 flex-1 bg-card"
            />
            <Button type="submit" variant="outline">
              <SearchIcon aria-hidden="true" />
              Search
            </Button>
            {search && (
              <Button asChild variant="ghost">
                <Link href="/dev/mail" prefetch={false}>
                  Show all
                </Link>
              </Button>
            )}
          </form>
        </search>
        {newestFirst.length === 0 ? (
          <Empty search={search} />
        ) : (
          <ul className="mt-5 flex flex-col gap-3">
            {newestFirst.map((mail) => (
              <li key={mail.id} className="min-w-0 rounded-lg border bg-card">
                <article aria-labelledby={`mail-${mail.id}`}>
                  <header className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 border-b px-4 py-2.5">
                    <h2 id={`mail-${mail.id}`} className="min-w-0 font-medium wrap-anywhere">
                      {mail.subject}
                    </h2>
                    <LocalTime iso={mail.createdAt} className="num text-xs text-muted-foreground" />
                    <p className="w-full text-xs wrap-anywhere text-muted-foreground">to {mail.to}</p>
                  </header>
                  <MailParts text={mail.text} html={mail.html} subject={mail.subject} />
                </article>
              </li>
            ))}
          </ul>
        )}
      </main>
    </div>
  );
}

function Empty({ search }: { search: string }) {
  const Icon = search ? SearchXIcon : InboxIcon;
  return (
    <div className="mt-6 flex flex-col items-center rounded-lg border border-dashed border-input px-4 py-14 text-center">
      <Icon aria-hidden="true" className="size-6 text-muted-foreground" />
      <p className="mt-3 font-medium">{search ? 'No mail to such an address' : 'No mail yet'}</p>
      <p className="mt-1 text-sm text-muted-foreground wrap-anywhere">
        {search
          ? `Nothing was mailed to an address with “${search}” in it.`
          : 'Ask for a sign-in link, and the mail with the link appears here.'}
      </p>
    </div>
  );
}
