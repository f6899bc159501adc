import Image from 'next/image';

/** A picture of the console, in the reader's theme. `npm run docs:screenshots` makes both. */
export function Screenshot() {
  return (
    <figure className="mx-auto max-w-6xl px-4 pt-14 sm:px-6 lg:pt-18">
      {(['light', 'dark'] as const).map((theme) => (
        <Image
          key={theme}
          src={`/screenshots/overview-${theme}.png`}
          alt="The overview of a workspace: traces, errors, latency and tokens of the last days, with bars that lead to the traces behind them."
          width={1280}
          height={800}
          unoptimized
          className={`h-auto w-full rounded-xl border shadow-sm ${theme === 'light' ? 'dark:hidden' : 'hidden dark:block'}`}
        />
      ))}
      <figcaption className="mt-3 text-center text-sm text-muted-foreground">
        The overview of a workspace. Each bar and figure leads to the traces behind it.
      </figcaption>
    </figure>
  );
}
