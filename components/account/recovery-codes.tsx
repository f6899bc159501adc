'use client';

import { DownloadIcon } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { CopyButton } from '@/components/data/copy-button';
import { Button } from '@/components/ui/button';

/** New recovery codes, the only time they can be seen. */
export function RecoveryCodes({
  title,
  codes,
  onDone,
}: {
  title: string;
  codes: string[];
  onDone: () => void;
}) {
  const heading = useRef<HTMLParagraphElement>(null);
  const text = codes.join('\n');

  useEffect(() => {
    heading.current?.focus();
  }, []);

  return (
    <div className="flex flex-col gap-4 text-sm">
      <div>
        <p ref={heading} tabIndex={-1} className="font-medium outline-none">
          {title} Store these recovery codes now.
        </p>
        <p className="mt-1 text-muted-foreground text-pretty">
          They are shown only this once. Each signs you in once when your authenticator is lost, so keep them
          where the authenticator is not: in a password manager, or on paper.
        </p>
      </div>
      <ul
        aria-label="Recovery codes"
        className="grid grid-cols-1 gap-x-6 gap-y-1.5 rounded-md border bg-muted/40 p-4 font-mono text-xs min-[26rem]:grid-cols-2"
      >
        {codes.map((code) => (
          <li key={code} className="select-all">
            {code}
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <Button type="button" onClick={onDone}>
          I have stored them
        </Button>
        <Button asChild variant="outline">
          <a
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`}
            download="ragtoolkit-recovery-codes.txt"
          >
            <DownloadIcon aria-hidden="true" />
            Download
          </a>
        </Button>
        <CopyButton text={text} label="all recovery codes" />
      </div>
    </div>
  );
}
