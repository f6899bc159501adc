import type { Project } from './corpus';
import { atlas } from './questions/atlas';
import { everydayScience } from './questions/everyday-science';
import { productDocs } from './questions/product-docs';

/** A question, and the passage that answers it; null where none does. `project` is whose application is asked. */
export type Question = { text: string; project: Project; answeredBy: string | null };

/** Questions by the section that answers them. */
type Asked = Record<string, readonly string[]>;

const unanswerable: Record<Project, readonly string[]> = {
  atlas: [
    'How deep is the Mariana Trench?',
    'What did the lunar module Eagle cost?',
    'Which volcano is the highest on Mars?',
    'How many ships use the Suez Canal in a year?',
    'Who invented the folding bicycle?',
  ],
  'everyday-science': [
    'Which vaccine protects against dengue?',
    'How do I bake gluten-free bread with buckwheat?',
    'What is the best tea for a cold?',
    'How many hornets live in a nest?',
    'How is cocoa fermented?',
  ],
  'product-docs': [
    'Can I send traces over gRPC?',
    'Is there a plugin for Grafana?',
    'How do I change the colours of the console?',
    'In which data centre are my traces kept?',
  ],
};

/** Everything that the demo asks, in a fixed order. */
export const questions: readonly Question[] = [
  ...flatten('atlas', atlas),
  ...flatten('everyday-science', everydayScience),
  ...flatten('product-docs', productDocs),
];

function flatten(project: Project, articles: Record<string, Asked>): Question[] {
  const answered = Object.entries(articles).flatMap(([file, sections]) =>
    Object.entries(sections).flatMap(([section, texts]) =>
      texts.map((text) => ({ text, project, answeredBy: `${file}#${section}` })),
    ),
  );
  return [...answered, ...unanswerable[project].map((text) => ({ text, project, answeredBy: null }))];
}
