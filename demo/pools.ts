import { type Configuration, configurationNames, configurations } from './configurations';
import { type Passage, type Project, projects } from './corpus';
import { swapNumber } from './defects';
import { extractAnswer } from './extractive';
import { type Question, questions } from './questions';
import { createDeck, type Random } from './random';
import type { Retriever } from './retriever';
import { stalePassages } from './stale';
import { sentences } from './text';

/** The index of today, and the one that was never rebuilt. */
export type Indexes = { current: Retriever; stale: Retriever };

/** Deals the questions of a configuration and project, each once before any comes again. */
export type Pools = Record<Configuration, Record<Project, () => Question>>;

/** Which questions each configuration is asked: the bad ones are asked where their defect shows. */
export function choosePools(corpus: readonly Passage[], indexes: Indexes, random: Random): Pools {
  const today = new Map(corpus.map(({ source, text }) => [source, text]));
  const shown = questions.flatMap((question) =>
    fitting(question, today, indexes, random).map((configuration) => ({ configuration, question })),
  );
  const deckOf = (configuration: Configuration, project: Project) =>
    createDeck(
      shown.flatMap((one) =>
        one.configuration === configuration && one.question.project === project ? [one.question] : [],
      ),
      random,
    );
  const entries = configurationNames.map((configuration) => [
    configuration,
    Object.fromEntries(projects.map((project) => [project, deckOf(configuration, project)])),
  ]);
  return Object.fromEntries(entries) as Pools;
}

/** The configurations whose defect a question brings out; every question is one for the baseline. */
function fitting(
  { text, project, answeredBy }: Question,
  today: ReadonlyMap<string, string>,
  { current, stale }: Indexes,
  random: Random,
): Configuration[] {
  if (answeredBy === null) return ['baseline'];
  const { k } = configurations.baseline;
  const found = current.search(text, { project, k });
  const answer = extractAnswer(text, found, current.weightOf);
  const fits: Configuration[] = ['baseline'];

  // The passage is found, but not first.
  if (found.findIndex(({ passage }) => passage.source === answeredBy) > 0) fits.push('k-too-small');
  if (answer !== null) fits.push('beyond-chunks');
  if (answer !== null && swapNumber(answer, [answer], random) !== null) fits.push('swapped-number');

  // The answer says something that the passage said once and does not say any more.
  const before = stalePassages[answeredBy];
  if (before !== undefined) {
    const said = extractAnswer(text, stale.search(text, { project, k }), stale.weightOf) ?? '';
    const now = today.get(answeredBy) ?? '';
    const outdated = (sentence: string) => before.includes(sentence) && !now.includes(sentence);
    if (sentences(said).some(outdated)) fits.push('stale-index');
  }
  return fits;
}
