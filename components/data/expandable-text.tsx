'use client';

import { ChevronDownIcon } from 'lucide-react';
import { useId, useState } from 'react';
import { formatCount } from '@/components/data/format';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';

const CHARACTERS_SHOWN = 480;
const LINES_SHOWN = 6;

/** Text that shows its first lines and opens on demand. Short text is simply shown. */
export function ExpandableText({
  text,
  what,
  as: Tag = 'p',
  className,
}: {
  text: string;
  /** What it is the text of, for screen readers: "chunk 3". */
  what: string;
  as?: 'p' | 'h1';
  className?: string;
}) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const long = text.length > CHARACTERS_SHOWN || text.split('\n', LINES_SHOWN + 1).length > LINES_SHOWN;

  return (
    <div className="min-w-0">
      <Tag id={id} className={cn('wrap-any', long && !open && 'line-clamp-5', className)}>
        {text}
      </Tag>
      {long && (
        <Button
          type="button"
          variant="link"
          size="xs"
          className="mt-1 px-0 has-[>svg]:px-0"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >
          <ChevronDownIcon aria-hidden="true" className={cn('transition-transform', open && 'rotate-180')} />
          {open ? 'Show less' : `Show all ${formatCount(text.length)} characters`}
          <span className="sr-only"> of {what}</span>
        </Button>
      )}
    </div>
  );
}
