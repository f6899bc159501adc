import { Logo } from '@/components/shell/logo';
import { ThemeToggle } from '@/components/shell/theme-toggle';
import { cn } from '@/components/ui/cn';

/** The head of a page outside of a console: logo and theme. */
export function PlainHeader({ className }: { className?: string }) {
  return (
    <header className={cn('flex items-center justify-between px-4 py-3 sm:px-6', className)}>
      <Logo />
      <ThemeToggle />
    </header>
  );
}
