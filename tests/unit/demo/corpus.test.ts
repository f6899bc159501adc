import { describe, expect, test } from 'vitest';
import { loadCorpus, split } from '@/demo/corpus';
import { extractAnswer } from '@/demo/extractive';
import { questions } from '@/demo/questions';
import { createRetriever } from '@/demo/retriever';
import { stalePassages } from '@/demo/stale';

const corpus = loadCorpus();
const sources = new Set(corpus.map(({ source }) => source));

describe('the corpus', () => {
  test('has at least 60 passages, each with an id of its own', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(60);
    expect(sources.size).toBe(corpus.length);
  });

  test('holds passages of 55 to 120 words that name what they are from', () => {
    const wrong = corpus.filter(({ text, title, section, source }) => {
      const words = text.split(' ').length;
      return words < 55 || words > 120 || !title || !section || !/^[a-z-]+\.md#[a-z0-9-]+$/.test(source);
    });
    expect(wrong.map(({ source }) => source)).toEqual([]);
  });

  test('splits an article at headings and paragraphs, with ids that stay', () => {
    const passages = split(
      'tea.md',
      "# Tea\n\n## Robert's Café\n\nOne\nline.\n\nTwo.\n\n## Last\n\nThree.\n",
    );
    expect(passages.map(({ source, text }) => [source, text])).toEqual([
      ['tea.md#roberts-cafe', 'One line.'],
      ['tea.md#roberts-cafe-2', 'Two.'],
      ['tea.md#last', 'Three.'],
    ]);
  });

  test('does not take an article that belongs to no project', () => {
    expect(() => split('cheese.md', '# Cheese\n')).toThrow(/cheese\.md/);
  });

  test('differs from each of its older passages', () => {
    for (const [source, text] of Object.entries(stalePassages)) {
      expect(sources).toContain(source);
      expect(corpus.find((passage) => passage.source === source)?.text).not.toBe(text);
    }
  });
});

describe('the questions', () => {
  const answered = questions.filter(({ answeredBy }) => answeredBy !== null);

  test('are at least 120, all different, some without an answer', () => {
    expect(questions.length).toBeGreaterThanOrEqual(120);
    expect(new Set(questions.map(({ text }) => text)).size).toBe(questions.length);
    expect(questions.length - answered.length).toBeGreaterThanOrEqual(10);
  });

  test('name passages that exist, in their own project', () => {
    const projectOf = new Map(corpus.map(({ source, project }) => [source, project]));
    expect(answered.filter(({ answeredBy, project }) => projectOf.get(answeredBy ?? '') !== project)).toEqual(
      [],
    );
  });

  test('find their passage among the first five, nearly always', () => {
    const retriever = createRetriever(corpus);
    const found = answered.filter(({ text, project, answeredBy }) =>
      retriever.search(text, { project, k: 5 }).some(({ passage }) => passage.source === answeredBy),
    );
    expect(found.length / answered.length).toBeGreaterThan(0.95);
  });
});

describe('extractAnswer', () => {
  const retriever = createRetriever(corpus);
  const answer = (question: string, project: 'atlas' | 'everyday-science' = 'atlas') =>
    extractAnswer(question, retriever.search(question, { project, k: 5 }), retriever.weightOf);

  test('takes the sentence that says what is asked, word for word', () => {
    expect(answer('How many prefixes does the SI have?')).toBe(
      'The SI has 24 prefixes, from quecto for 10⁻³⁰ to quetta for 10³⁰.',
    );
  });

  test('puts the sentence before it in front where it refers back', () => {
    expect(answer('What was the lowest toll ever paid on the canal?')).toMatch(
      /^Richard Halliburton.* He was charged/,
    );
  });

  test('says nothing where the chunks say nothing', () => {
    expect(answer('How is cocoa fermented?', 'everyday-science')).toBeNull();
    expect(extractAnswer('How high is it?', [], retriever.weightOf)).toBeNull();
  });
});
