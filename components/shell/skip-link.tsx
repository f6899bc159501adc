/** The first stop of the Tab key: jumps over the navigation to the element with id "main". */
export function SkipLink() {
  return (
    <a
      href="#main"
      className="sr-only rounded-md bg-primary text-sm font-medium text-primary-foreground focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-50 focus:px-4 focus:py-2"
    >
      Skip to content
    </a>
  );
}
