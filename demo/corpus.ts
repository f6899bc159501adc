import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A piece of an article that is found and cited as one. `source` is its id too: `tea.md#brewing`. */
export type Passage = {
  source: string;
  project: Project;
  title: string;
  section: string;
  text: string;
};

/** The applications of the demo: each answers from the articles of its own. */
export const projects = ['atlas', 'everyday-science', 'product-docs'] as const;
export type Project = (typeof projects)[number];

const projectOf: Record<string, Project> = {
  'bicycle.md': 'atlas',
  'metric-system.md': 'atlas',
  'moon-landings.md': 'atlas',
  'panama-canal.md': 'atlas',
  'time-zones.md': 'atlas',
  'volcanoes.md': 'atlas',
  'bread.md': 'everyday-science',
  'honey-bees.md': 'everyday-science',
  'tea.md': 'everyday-science',
  'vaccines.md': 'everyday-science',
  'api-keys-and-ingest.md': 'product-docs',
  'hosts-and-surfaces.md': 'product-docs',
  'isolation.md': 'product-docs',
  'running.md': 'product-docs',
};

/** Reads the articles of a folder, in the order of their names, as passages. */
export function loadCorpus(folder = path.resolve('demo/corpus')): Passage[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
  return files.sort().flatMap((file) => split(file, readFileSync(path.join(folder, file), 'utf8')));
}

/**
 * Splits an article at its headings, and a section at its paragraphs: the first has the section's name as its id, the
 * following ones have a number after it. An id thus changes only when the heading does.
 */
export function split(file: string, markdown: string): Passage[] {
  const project = projectOf[file];
  if (!project) throw new Error(`demo/corpus.ts does not say to which project ${file} belongs`);
  const [head = '', ...sections] = markdown.split(/^## /m);
  const title = head.replace(/^# /, '').trim();
  return sections.flatMap((body) => {
    const [section = '', ...lines] = body.split('\n');
    const paragraphs = lines
      .join('\n')
      .trim()
      .split(/\n{2,}/);
    return paragraphs.map((paragraph, index) => ({
      source: `${file}#${toSlug(section)}${index === 0 ? '' : `-${index + 1}`}`,
      project,
      title,
      section: section.trim(),
      text: paragraph.replace(/\s+/g, ' ').trim(),
    }));
  });
}

function toSlug(heading: string): string {
  return heading
    .normalize('NFKD')
    .replace(/[\p{M}'’]/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
