'use client';

import { SlidersHorizontalIcon } from 'lucide-react';
import { type ReactNode, useId, useRef, useState } from 'react';
import { TextField } from '@/components/forms/text-field';
import {
  countDrawerFilters,
  fromLocalField,
  rangeFields,
  readFilterForm,
  sortLabels,
  toLocalField,
  withoutDrawer,
} from '@/components/traces/filter-form';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';
import { Input } from '@/components/ui/input';
import { Label } from '@/components/ui/label';
import { NativeSelect, NativeSelectOption } from '@/components/ui/native-select';
import {
  Sheet,
  SheetContent,
  SheetDescription,
  SheetHeader,
  SheetTitle,
  SheetTrigger,
} from '@/components/ui/sheet';
import { type TraceFilter, trafficLights } from '@/lib/traces/schema';

const lightLabels = { green: 'Green', amber: 'Amber', red: 'Red' } as const;

/** A button that opens all other filters at the side. What is applied goes into the address by `onApply`. */
export function FilterDrawer({
  filter,
  onApply,
}: {
  filter: TraceFilter;
  onApply: (filter: TraceFilter) => void;
}) {
  const [open, setOpen] = useState(false);
  const count = countDrawerFilters(filter);
  const apply = (changed: TraceFilter) => {
    setOpen(false);
    onApply(changed);
  };
  return (
    <Sheet open={open} onOpenChange={setOpen}>
      <SheetTrigger asChild>
        <Button
          type="button"
          variant="outline"
          size="sm"
          {...(count > 0 ? { 'aria-label': `Filters, ${count} set` } : {})}
        >
          <SlidersHorizontalIcon aria-hidden="true" />
          Filters
          {count > 0 && (
            <span
              aria-hidden="true"
              className="num rounded-full bg-primary px-1.5 text-xs leading-5 text-primary-foreground"
            >
              {count}
            </span>
          )}
        </Button>
      </SheetTrigger>
      <SheetContent className="w-full gap-0 sm:max-w-md">
        <SheetHeader className="border-b pr-12">
          <SheetTitle>Filters</SheetTitle>
          <SheetDescription>A trace is shown when all of them fit.</SheetDescription>
        </SheetHeader>
        <FilterForm filter={filter} onApply={apply} />
      </SheetContent>
    </Sheet>
  );
}

function FilterForm({ filter, onApply }: { filter: TraceFilter; onApply: (filter: TraceFilter) => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const id = useId();

  function submit() {
    if (!form.current) return;
    const read = readFilterForm(new FormData(form.current), fromLocalField);
    if ('filter' in read) {
      onApply({ ...withoutDrawer(filter), ...read.filter });
      return;
    }
    setErrors(read.errors);
    const [first] = Object.keys(read.errors);
    form.current.querySelector<HTMLElement>(`[name="${first}"], [name="min_${first}"]`)?.focus();
  }

  return (
    <form
      ref={form}
      noValidate
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4">
        <div className="grid grid-cols-2 gap-3">
          <Field label="Order" id={`${id}-sort`}>
            <NativeSelect
              id={`${id}-sort`}
              name="sort"
              className="w-full"
              defaultValue={filter.sort ?? 'newest'}
            >
              {Object.entries(sortLabels).map(([sort, label]) => (
                <NativeSelectOption key={sort} value={sort}>
                  {label}
                </NativeSelectOption>
              ))}
            </NativeSelect>
          </Field>
          <Field label="Traffic light" id={`${id}-light`}>
            <NativeSelect
              id={`${id}-light`}
              name="light"
              className="w-full"
              defaultValue={filter.light ?? ''}
            >
              <NativeSelectOption value="">Any</NativeSelectOption>
              {trafficLights.map((light) => (
                <NativeSelectOption key={light} value={light}>
                  {lightLabels[light]}
                </NativeSelectOption>
              ))}
            </NativeSelect>
          </Field>
        </div>
        <TextField
          label="Project"
          name="project"
          autoComplete="off"
          defaultValue={filter.project}
          error={errors.project}
        />
        <div className="grid gap-5 sm:grid-cols-2 sm:gap-3">
          <TextField
            label="User"
            name="user"
            autoComplete="off"
            defaultValue={filter.user}
            error={errors.user}
          />
          <TextField
            label="Session"
            name="session"
            autoComplete="off"
            defaultValue={filter.session}
            error={errors.session}
          />
        </div>
        <Field
          label="Tags"
          id={`${id}-tag`}
          hint="One on each line; a trace has all of them."
          error={errors.tag}
        >
          <textarea
            id={`${id}-tag`}
            name="tag"
            rows={2}
            defaultValue={filter.tag?.join('\n')}
            aria-invalid={errors.tag !== undefined}
            aria-describedby={`${id}-tag-note`}
            className={cn(
              'w-full rounded-md border border-input bg-background px-3 py-2 text-base shadow-xs outline-none md:text-sm dark:bg-input/30',
              'focus-visible:border-ring focus-visible:ring-[3px] focus-visible:ring-ring/50 aria-invalid:border-destructive',
            )}
          />
        </Field>
        <fieldset className="min-w-0">
          <legend className="mb-2 text-sm leading-none font-medium">Received</legend>
          <div className="grid gap-3 sm:grid-cols-2">
            <Input
              type="datetime-local"
              name="from"
              aria-label="Received from"
              aria-invalid={errors.from !== undefined}
              defaultValue={toLocalField(filter.from)}
              className="bg-background"
            />
            <Input
              type="datetime-local"
              name="to"
              aria-label="Received before"
              aria-invalid={errors.from !== undefined}
              defaultValue={toLocalField(filter.to)}
              className="bg-background"
            />
          </div>
          <Note error={errors.from}>From, and before; in this browser’s time zone.</Note>
        </fieldset>
        <fieldset className="min-w-0">
          <legend className="mb-2 text-sm leading-none font-medium">Scores and figures, from and to</legend>
          <div className="flex flex-col gap-2">
            {rangeFields.map(({ name, label, unit, most, step }) => (
              <div key={name}>
                <div className="grid grid-cols-[minmax(0,1fr)_5.5rem_5.5rem] items-center gap-2">
                  <span className="truncate text-sm text-muted-foreground">
                    {label}
                    {unit && ` (${unit})`}
                  </span>
                  {(['min', 'max'] as const).map((side) => (
                    <Input
                      key={side}
                      type="number"
                      inputMode="decimal"
                      name={`${side}_${name}`}
                      aria-label={`${label} ${side === 'min' ? 'at least' : 'at most'}`}
                      aria-invalid={errors[name] !== undefined}
                      min={0}
                      max={most}
                      step={step}
                      defaultValue={filter[`${side}_${name}`]}
                      className="num h-8 bg-background text-right"
                    />
                  ))}
                </div>
                {errors[name] && <Note error={errors[name]} />}
              </div>
            ))}
          </div>
        </fieldset>
      </div>
      <div className="flex gap-2 border-t p-4">
        <Button type="submit" className="flex-1">
          Show traces
        </Button>
        <Button type="button" variant="outline" onClick={() => onApply(withoutDrawer(filter))}>
          Clear
        </Button>
      </div>
    </form>
  );
}

function Field({
  label,
  id,
  hint,
  error,
  children,
}: {
  label: string;
  id: string;
  hint?: string;
  error?: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <Label htmlFor={id}>{label}</Label>
      {children}
      {(hint || error) && (
        <Note id={`${id}-note`} error={error}>
          {hint}
        </Note>
      )}
    </div>
  );
}

/** What a field takes, or what is wrong with it. */
function Note({ id, error, children }: { id?: string; error?: string | undefined; children?: ReactNode }) {
  return (
    <p
      id={id}
      role={error ? 'alert' : undefined}
      className={cn('mt-1.5 text-xs leading-snug', error ? 'text-destructive' : 'text-muted-foreground')}
    >
      {error ?? children}
    </p>
  );
}
