import { newId } from '@/lib/ids';

/** Words of a knowledge base: text that compresses about as well as real text does. */
const WORDS =
  'account answer before billing browser change charge click company contract country customer data delete delivery device discount document during each email error every export feature file first follow free general group help however import include invoice issue language large later limit link list login manager market message method minute mobile month monthly more name network never notice number offer office only open option order other owner page paid part password payment people period phone plan please policy price privacy problem product profile project public question read reason receive record refund region remove renew reply report request reset result return review right role sales same save screen search second security select seller send service session setting share short sign since small special start state status still stop store subscription support system table team term test text than their then there these time token total trial under until update upgrade upload user valid value verify version view visit wait warning website week when which while window with within without word work workspace year your'.split(
    ' ',
  );
/** As many different texts as are made before anything is measured. */
const VARIANTS = 400;

let seed = 1;
/** Numbers from 0 to 1, the same in every run. */
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}

function sentence(characters: number): string {
  let text = '';
  while (text.length < characters) text += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return text.trimEnd();
}

const variants = Array.from({ length: VARIANTS }, (_, i) => {
  const body = {
    timestamp: 1_790_000_000 + i,
    project: i % 5 === 0 ? 'search' : 'assistant',
    user_input: sentence(90),
    retrieved_chunks: Array.from({ length: 5 }, (_, rank) => ({
      text: sentence(620),
      source: `${WORDS[(i + rank) % WORDS.length]}.md`,
      score: Math.round((0.95 - rank * 0.07) * 1_000) / 1_000,
    })),
    model_output: sentence(320),
    model_name: 'gpt-4o-mini',
    response_latency_ms: 600 + (i % 900),
    tokens_in: 900 + i,
    tokens_out: 80,
    metadata: { user_id: `customer-${i % 97}`, session_id: `chat-${i % 31}`, release: '2026.11.2' },
  };
  return JSON.stringify(body).slice(1);
});

let next = 0;

/** A new trace as a client sends it: five chunks, about 4 kB of JSON. */
export function traceJson(): string {
  next += 1;
  return `{"trace_id":"${newId()}",${variants[next % VARIANTS]}`;
}

/** So many new traces as the body of the batch endpoint. */
export function batchJson(count: number): string {
  return `{"traces":[${Array.from({ length: count }, traceJson).join(',')}]}`;
}
