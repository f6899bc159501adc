'use client';

import { linkify } from '@/components/mail/linkify';
import { toFrameDocument } from '@/components/mail/mail-frame';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';

/**
 * Both parts of a mail. The HTML is shown as a mail client would: in a frame without scripts, forms, cookies or a way to
 * reach this page, whose links open beside it.
 */
export function MailParts({ text, html, subject }: { text: string; html: string; subject: string }) {
  return (
    <Tabs defaultValue="text" className="gap-0">
      <TabsList className="mx-4 mt-3 h-8">
        <TabsTrigger value="text" className="px-3 text-xs">
          Text
        </TabsTrigger>
        <TabsTrigger value="html" className="px-3 text-xs">
          HTML
        </TabsTrigger>
      </TabsList>
      <TabsContent value="text" className="px-4 py-3">
        <p className="wrap-any text-sm leading-relaxed">
          {linkify(text).map(({ text: part, href }, index) =>
            href ? (
              <a
                // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed text
                key={index}
                href={href}
                className="text-primary underline underline-offset-2 hover:no-underline"
              >
                {part}
              </a>
            ) : (
              part
            ),
          )}
        </p>
      </TabsContent>
      <TabsContent value="html" className="p-3">
        <iframe
          title={`HTML part: ${subject}`}
          srcDoc={toFrameDocument(html)}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerPolicy="no-referrer"
          className="block h-110 w-full resize-y rounded-md border"
        />
      </TabsContent>
    </Tabs>
  );
}
