import { type ComponentProps, type ReactNode, useId } from 'react';

/** A radio button or checkbox with its title and what choosing it means. The whole of it can be clicked. */
export function Choice({
  title,
  description,
  ...input
}: Omit<ComponentProps<'input'>, 'id' | 'title' | 'className'> & {
  type: 'radio' | 'checkbox';
  title: ReactNode;
  description?: ReactNode;
}) {
  const id = useId();
  return (
    <label
      htmlFor={id}
      className="flex min-w-0 cursor-pointer items-start gap-2.5 rounded-md border px-3 py-2 has-checked:border-primary/60 has-checked:bg-accent/50 has-disabled:cursor-not-allowed has-disabled:opacity-60"
    >
      <input
        {...input}
        id={id}
        aria-labelledby={`${id}-title`} // the description, which stands in the label too, is no part of the name
        aria-describedby={description ? `${id}-note` : undefined}
        className="mt-0.5 size-4 shrink-0 accent-primary"
      />
      <span className="min-w-0">
        <span id={`${id}-title`} className="block text-sm leading-snug font-medium">
          {title}
        </span>
        {description && (
          <span id={`${id}-note`} className="block text-xs leading-snug text-muted-foreground">
            {description}
          </span>
        )}
      </span>
    </label>
  );
}

/** Choices that belong together, with what is wrong with them. */
export function ChoiceGroup({
  legend,
  error,
  columns = false,
  children,
}: {
  legend: string;
  error?: string | undefined;
  /** Side by side where there is room. */
  columns?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <fieldset className="min-w-0" aria-describedby={error ? id : undefined}>
      <legend className="mb-2 text-sm leading-none font-medium">{legend}</legend>
      <div className={columns ? 'grid gap-2 sm:grid-cols-2' : 'grid gap-2'}>{children}</div>
      {error && (
        <p id={id} role="alert" className="mt-2 text-xs leading-snug text-destructive">
          {error}
        </p>
      )}
    </fieldset>
  );
}
