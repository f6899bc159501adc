const steps = [
  { unit: 'minute', seconds: 60 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'day', seconds: 86_400 },
  { unit: 'month', seconds: 30 * 86_400 },
  { unit: 'year', seconds: 365 * 86_400 },
] as const;

/** How long ago a moment was, in words: "just now", "5 minutes ago", "2 years ago". `now` is in milliseconds. */
export function describeAge(iso: string, now: number): string {
  const age = (now - Date.parse(iso)) / 1_000;
  const step = steps.findLast(({ seconds }) => age >= seconds);
  if (!step) return 'just now';
  const count = Math.floor(age / step.seconds);
  return `${count} ${step.unit}${count === 1 ? '' : 's'} ago`;
}

/** How long ago a moment was, with the moment itself on hover. For the server: a browser would count on from another now. */
export function TimeAgo({ iso, className }: { iso: string; className?: string }) {
  return (
    <time dateTime={iso} title={`${iso.slice(0, 19).replace('T', ' ')} UTC`} className={className}>
      {describeAge(iso, Date.now())}
    </time>
  );
}
