import { SearchIcon } from 'lucide-react';
import Form from 'next/form';
import Link from 'next/link';
import { type ReactNode, useId } from 'react';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/input';
import { Label } from '@/components/ui/label';
import { NativeSelect, NativeSelectOption } from '@/components/ui/native-select';

/** The filters of a list, which write the address when they are sent. Works without a script. */
export function FilterForm({
  path,
  isFiltered,
  children,
}: {
  path: string;
  isFiltered: boolean;
  children: ReactNode;
}) {
  return (
    <Form
      action={path}
      role="search"
      aria-label="Filters"
      className="mb-4 grid grid-cols-2 items-end gap-x-2 gap-y-2.5 sm:flex sm:flex-wrap"
    >
      {children}
      <Button type="submit" variant="outline" size="sm">
        <SearchIcon aria-hidden="true" />
        Filter
      </Button>
      {isFiltered && (
        <Button asChild variant="ghost" size="sm">
          <Link href={path} prefetch={false}>
            Clear
          </Link>
        </Button>
      )}
    </Form>
  );
}

/** A text in a list's filters. */
export function FilterText({
  name,
  label,
  value,
  type = 'search',
}: {
  name: string;
  label: string;
  value: string | undefined;
  type?: 'search' | 'date';
}) {
  const id = useId();
  return (
    <div
      className={`flex flex-col gap-1 ${type === 'search' ? 'col-span-2 sm:max-w-md sm:min-w-56 sm:flex-1' : 'min-w-0 sm:w-38'}`}
    >
      <Label htmlFor={id} className="text-xs text-muted-foreground">
        {label}
      </Label>
      <Input
        id={id}
        key={value ?? ''}
        name={name}
        type={type}
        defaultValue={value ?? ''}
        className="h-8 bg-card"
      />
    </div>
  );
}

/** The two ends of a time in a list's filters, which stay together. */
export function FilterDays({
  label,
  from,
  to,
}: {
  label: string;
  from: string | undefined;
  to: string | undefined;
}) {
  return (
    <div className="col-span-2 grid grid-cols-2 gap-x-2 sm:flex">
      <FilterText name="from" label={`${label} from`} value={from} type="date" />
      <FilterText name="to" label="until" value={to} type="date" />
    </div>
  );
}

/** A choice in a list's filters. */
export function FilterChoice({
  name,
  label,
  value,
  all,
  options,
}: {
  name: string;
  label: string;
  value: string | undefined;
  /** What no choice is called. */
  all: string;
  options: readonly { value: string; label: string }[];
}) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1 *:data-[slot=native-select-wrapper]:w-full">
      <Label htmlFor={id} className="text-xs text-muted-foreground">
        {label}
      </Label>
      <NativeSelect
        id={id}
        key={value ?? ''}
        name={name}
        size="sm"
        defaultValue={value ?? ''}
        className="w-full bg-card sm:w-36"
      >
        <NativeSelectOption value="">{all}</NativeSelectOption>
        {options.map((option) => (
          <NativeSelectOption key={option.value} value={option.value}>
            {option.label}
          </NativeSelectOption>
        ))}
      </NativeSelect>
    </div>
  );
}
