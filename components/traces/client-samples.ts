import { keyPlaceholder, sampleJson } from '@/components/traces/curl-command';

type Target = { url: string; apiKey: string | null };

function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`);
}

function doublyIndented(text: string): string {
  return text.replace(/^ +/gm, '$&$&');
}

/** The same trace sent with fetch. JSON is an object literal of TypeScript as it stands. */
export function typescriptSample({ url, apiKey }: Target): string {
  const literal = sampleJson()
    .replace(/"(\w+)":/g, '$1:')
    .replace(/^( +)\{(.+)\}(,?)$/gm, '$1{ $2 }$3');
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: {
    Authorization: ${JSON.stringify(`Bearer ${apiKey ?? keyPlaceholder}`)},
    "Content-Type": "application/json",
  },
  body: JSON.stringify(${indented(literal, '  ')}),
});
console.log(response.status, await response.text());`;
}

/** The same trace sent with requests. The sample holds no true, false or null, so its JSON is a Python literal too. */
export function pythonSample({ url, apiKey }: Target): string {
  return `import requests

response = requests.post(
    ${JSON.stringify(url)},
    headers={"Authorization": ${JSON.stringify(`Bearer ${apiKey ?? keyPlaceholder}`)}},
    json=${indented(doublyIndented(sampleJson()), '    ')},
    timeout=10,
)
print(response.status_code, response.text)`;
}
