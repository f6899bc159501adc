'use client';

import { CheckIcon, CopyIcon, XIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { copyText } from '@/components/data/copy-text';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';

const faces = {
  idle: { Icon: CopyIcon, word: 'Copy' },
  copied: { Icon: CheckIcon, word: 'Copied' },
  failed: { Icon: XIcon, word: 'Not copied' },
};

/** Copies `text` and says so for two seconds. `label` names what is copied, for readers who do not see where it stands. */
export function CopyButton({
  text,
  label,
  iconOnly = false,
  className,
}: {
  text: string;
  label: string;
  iconOnly?: boolean;
  className?: string;
}) {
  const [state, setState] = useState<keyof typeof faces>('idle');

  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2000);
    return () => clearTimeout(timer);
  }, [state]);

  const { Icon, word } = faces[state];
  return (
    <Button
      type="button"
      variant="ghost"
      size={iconOnly ? 'icon-xs' : 'xs'}
      className={cn('text-muted-foreground', className)}
      onClick={async () => setState((await copyText(text)) ? 'copied' : 'failed')}
    >
      <Icon aria-hidden="true" />
      <span className={iconOnly ? 'sr-only' : undefined} aria-live="polite">
        {word}
        <span className="sr-only"> {label}</span>
      </span>
    </Button>
  );
}
