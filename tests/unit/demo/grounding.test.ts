import { describe, expect, test } from 'vitest';
import { loadCorpus } from '@/demo/corpus';
import { judgeGrounding } from '@/demo/grounding';
import { makeTraces } from '@/demo/pipeline';
import { lightOf } from '@/lib/traces/rules';

const chunks = ['Monthly plans can be refunded within 7 days of the charge, yearly plans within 30 days.'];

describe('judgeGrounding', () => {
  test('finds a sentence that the chunks say, and one that they do not', () => {
    const supported = 'Yearly plans are refunded within 30 days of the charge.';
    const invented = 'A museum in Lisbon keeps the first receipt.';
    expect(judgeGrounding(supported, chunks)).toEqual({ score: 1, unsupported: [] });
    expect(judgeGrounding(`${supported} ${invented}`, chunks)).toEqual({
      score: 0.5,
      unsupported: [invented],
    });
  });

  test('takes no number that the chunks have not', () => {
    expect(judgeGrounding('Yearly plans are refunded within 45 days of the charge.', chunks)?.score).toBe(0);
  });

  test('says nothing of what claims nothing', () => {
    for (const answer of ['', ' ', '…', 'I could not find an answer to that.'])
      expect(judgeGrounding(answer, chunks)).toBeNull();
  });

  test('is 0 where nothing was retrieved', () => {
    expect(judgeGrounding('Refunds take 7 days.', [])?.score).toBe(0);
  });

  test('tells the demo’s invented and altered answers from its sound ones', () => {
    const lights = new Map<string, Set<string | null>>();
    for (const trace of makeTraces({ corpus: loadCorpus(), count: 360, seed: 20_260_101 })) {
      const texts = trace.retrieved_chunks.map(({ text }) => text);
      const judged = judgeGrounding(trace.model_output ?? '', texts);
      const light = judged && lightOf({ overall: null, grounding: judged.score });
      const { configuration } = trace.metadata;
      lights.set(configuration, (lights.get(configuration) ?? new Set()).add(light));
    }
    expect(lights.get('baseline')).toEqual(new Set(['green', null]));
    expect(lights.get('beyond-chunks')).toEqual(new Set(['amber']));
    expect(lights.get('swapped-number')).toEqual(new Set(['amber', 'red']));
  });
});
