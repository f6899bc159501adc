import { InboxIcon } from 'lucide-react';
import { LocalTime } from '@/components/data/local-time';
import { linkify } from '@/components/mail/linkify';
import { PlainHeader } from '@/components/shell/plain-header';

type Mail = { id: string; to: string; subject: string; text: string; createdAt: string };

/** The mails this installation would have sent, newest first, with links that work. For development only. */
export function Mailbox({ mails }: { mails: Mail[] }) {
  const newestFirst = mails.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  return (
    <div className="min-h-dvh bg-sidebar">
      <PlainHeader />
      <main id="main" className="mx-auto max-w-3xl px-4 pt-6 pb-16 sm:px-6">
        <h1 className="text-xl font-semibold tracking-tight">Outbox</h1>
        <p className="mt-1.5 text-sm text-muted-foreground text-pretty">
          No mail server is set up, so mails are kept here instead of being sent.
        </p>
        {newestFirst.length === 0 ? (
          <div className="mt-6 flex flex-col items-center rounded-lg border border-dashed border-input px-4 py-14 text-center">
            <InboxIcon aria-hidden="true" className="size-6 text-muted-foreground" />
            <p className="mt-3 font-medium">No mail yet</p>
            <p className="mt-1 text-sm text-muted-foreground">
              Ask for a sign-in link, and the mail with the link appears here.
            </p>
          </div>
        ) : (
          <ul className="mt-6 flex flex-col gap-3">
            {newestFirst.map((mail) => (
              <li key={mail.id} className="min-w-0 rounded-lg border bg-card">
                <article>
                  <header className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 border-b px-4 py-2.5">
                    <h2 className="min-w-0 font-medium wrap-anywhere">{mail.subject}</h2>
                    <LocalTime iso={mail.createdAt} className="num text-xs text-muted-foreground" />
                    <p className="w-full text-xs wrap-anywhere text-muted-foreground">to {mail.to}</p>
                  </header>
                  <p className="wrap-any px-4 py-3 text-sm leading-relaxed">
                    {linkify(mail.text).map(({ text, href }, index) =>
                      href ? (
                        <a
                          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed text
                          key={index}
                          href={href}
                          className="text-primary underline underline-offset-2 hover:no-underline"
                        >
                          {text}
                        </a>
                      ) : (
                        text
                      ),
                    )}
                  </p>
                </article>
              </li>
            ))}
          </ul>
        )}
      </main>
    </div>
  );
}
