import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makeTenant, type TestTenant, unique } from '../support/factories';
import { type Answer, expect } from './support';
import { makeVictim, type Victim } from './worlds';

export type Attack = {
  victim: Victim;
  intruder: TestTenant;
  /** No failure of the server, and nothing of the victim. */
  harmless: (answer: Answer, what: string) => void;
};

/** Somebody who has data, and somebody with a tenant of their own who wants it. */
export async function makeAttack(): Promise<Attack> {
  const victim = await makeVictim({ traceId: `trace-${unique()}`, words: 'words' });
  const intruder = await makeTenant();
  await ingestTraces(intruder.firstKey.ctx, [
    { traceId: 'own', question: 'own question', model: 'own-model' },
  ]);
  const harmless = (answer: Answer, what: string) => {
    expect(answer.status, what).toBeLessThan(500);
    for (const mark of [victim.mark, victim.nameMark]) expect(answer.text.includes(mark), what).toBe(false);
  };
  return { victim, intruder, harmless };
}
