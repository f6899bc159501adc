'use client';

import { Loader2Icon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { formatCents, formatCount } from '@/components/data/format';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
import { toErrors, useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import { setSpendCap } from '@/lib/workflows/quotas/actions';
import { readDollars, tracesFor } from '@/lib/workflows/quotas/rules';
import { setSpendCapInput } from '@/lib/workflows/quotas/schema';

/** What traces beyond the included ones may cost in a period, with what the amount means in traces while it is typed. */
export function SpendCapForm({
  cap,
  included,
  per1000,
  cost,
}: {
  /** Cents, as are the other amounts; null is no cap. */
  cap: number | null;
  included: number;
  per1000: number;
  /** What they cost so far. */
  cost: number;
}) {
  const router = useRouter();
  const form = useSubmit();
  const [typed, setTyped] = useState(toText(cap));
  const cents = readDollars(typed);
  const isSame = cents === cap;

  async function save(wanted: number | null) {
    const parsed = setSpendCapInput.safeParse({ cents: wanted });
    if (!parsed.success) return form.refuse(toErrors(parsed.error.issues));
    const saved = await form.run(() => setSpendCap(parsed.data));
    if (!saved) return;
    setTyped(toText(saved.cents));
    toast.success(
      saved.cents === null
        ? 'There is no spend cap any more.'
        : `Traces beyond the included ones may cost ${formatCents(saved.cents)} in a period now.`,
    );
    router.refresh();
  }

  return (
    <form
      noValidate
      aria-labelledby="spend-cap"
      className="flex max-w-md flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isSame) void save(cents);
      }}
    >
      <div>
        <h3 id="spend-cap" className="text-sm font-semibold">
          Spend cap
        </h3>
        <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
          The most that traces beyond the included ones may cost in a period.
        </p>
      </div>
      <TextField
        label="US dollars"
        name="cents"
        inputMode="decimal"
        autoComplete="off"
        placeholder="no cap"
        className="num"
        value={typed}
        error={form.errors.cents}
        hint={<span className="num">{meaning(cents, { included, per1000, cost })}</span>}
        onChange={(event) => {
          setTyped(event.target.value);
          form.clear('cents');
        }}
      />
      {form.failure && <FormError>{form.failure}</FormError>}
      <div className="flex flex-wrap gap-2">
        <Button
          type="submit"
          size="sm"
          className="aria-disabled:opacity-50"
          aria-disabled={form.pending || isSame}
        >
          {form.pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
          {form.pending ? 'Saving…' : 'Save cap'}
        </Button>
        {cap !== null && (
          <Button
            type="button"
            size="sm"
            variant="outline"
            aria-disabled={form.pending}
            onClick={() => void save(null)}
          >
            Remove cap
          </Button>
        )}
      </div>
    </form>
  );
}

function toText(cents: number | null): string {
  if (cents === null) return '';
  return cents % 100 === 0 ? String(cents / 100) : (cents / 100).toFixed(2);
}

/** What an amount means, in traces. */
function meaning(
  cents: number | null,
  { included, per1000, cost }: { included: number; per1000: number; cost: number },
): string {
  if (cents === null)
    return `No cap: each 1,000 beyond ${formatCount(included)} cost ${formatCents(per1000)}.`;
  if (Number.isNaN(cents)) return 'An amount such as 50 or 12.50; leave it empty for no cap.';
  const more = tracesFor(cents, per1000);
  const sum = `${formatCount(more)} more traces: new ones are refused from ${formatCount(included + more)} in a period on.`;
  return cents <= cost && cost > 0
    ? `${sum} ${formatCents(cost)} are spent: they would be refused at once.`
    : sum;
}
