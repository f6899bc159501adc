/**
 * The page that says to wait, whole in itself: what is refused for being too much is answered without Next, which would
 * cost more than what it refuses. Its colours are those of app/globals.css. `seconds` is how long to wait.
 */
export function tooManyRequestsPage(seconds: number): string {
  const wait =
    seconds === 1 ? 'a second' : seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Too many requests · RAG Toolkit</title>
<style>
  :root { --background: oklch(0.967 0.005 95); --foreground: oklch(0.24 0.015 240); --muted: oklch(0.48 0.016 240);
    --primary: oklch(0.435 0.083 224); --on-primary: oklch(0.985 0.006 215) }
  @media (prefers-color-scheme: dark) {
    :root { --background: oklch(0.196 0.01 238); --foreground: oklch(0.925 0.006 95); --muted: oklch(0.73 0.014 235);
      --primary: oklch(0.735 0.09 216); --on-primary: oklch(0.19 0.035 228) }
  }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--background);
    color: var(--foreground); font: 1rem/1.5 ui-sans-serif, system-ui, sans-serif }
  main { box-sizing: border-box; width: 100%; max-width: 30rem; padding: 4rem 1rem }
  h1 { margin: 0; font-size: 1.5rem; line-height: 1.33; font-weight: 600; letter-spacing: -.025em }
  p { margin: .5rem 0 0; color: var(--muted); text-wrap: pretty }
  a { display: inline-block; margin-top: 1.75rem; padding: .5rem 1rem; border-radius: .5rem; background: var(--primary);
    color: var(--on-primary); font-size: .875rem; font-weight: 500; text-decoration: none }
  a:focus-visible { outline: 2px solid var(--primary); outline-offset: 2px }
</style>
</head>
<body>
<main>
<h1>That was a lot at once</h1>
<p>More was asked from here than we answer in so short a time. Wait ${wait}, then load the page again; nothing is lost.</p>
<a href="">Load again</a>
</main>
</body>
</html>
`;
}
