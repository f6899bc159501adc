import { keyPlaceholder, sampleJson, sampleTrace } from '@/components/setup/sample-trace';

/** Where a snippet sends to: the workspace's origin, such as https://acme-corp.ragtoolkit.app. A null key leaves a placeholder. */
export type Target = { origin: string; apiKey: string | null; traceId?: string };

/** Something to copy, with what it is. */
export type Block = { label: string; code: string };

type Framework = { id: string; label: string; write: (target: Target) => Block[] };

/** What can be sent from, by language: each framework with what to install, what to set and what to write. */
export const languages: { id: string; label: string; frameworks: Framework[] }[] = [
  {
    id: 'curl',
    label: 'curl',
    frameworks: [{ id: 'http', label: 'HTTP', write: (target) => [terminal(curlCommand(target))] }],
  },
  {
    id: 'python',
    label: 'Python',
    frameworks: [
      { id: 'requests', label: 'requests', write: pythonRequests },
      { id: 'opentelemetry', label: 'OpenTelemetry', write: pythonOpenTelemetry },
      { id: 'langchain', label: 'LangChain', write: pythonLangChain },
      { id: 'llamaindex', label: 'LlamaIndex', write: pythonLlamaIndex },
    ],
  },
  {
    id: 'typescript',
    label: 'TypeScript',
    frameworks: [
      { id: 'client', label: 'Client', write: typescriptClient },
      { id: 'opentelemetry', label: 'OpenTelemetry', write: javascriptOpenTelemetry },
      { id: 'langchain', label: 'LangChain', write: javascriptLangChain },
      { id: 'vercel-ai', label: 'Vercel AI SDK', write: vercelAi },
      { id: 'vercel-ai-6', label: 'Vercel AI SDK 6', write: vercelAi6 },
    ],
  },
];

/** The language and framework of these names; the first of each where there is none of that name. */
export function chosen(language: string | undefined, framework: string | undefined) {
  const [first] = languages;
  const found = languages.find(({ id }) => id === language) ?? first;
  if (!found) throw new Error('there are no languages');
  const within = found.frameworks.find(({ id }) => id === framework) ?? found.frameworks[0];
  if (!within) throw new Error(`there is no framework for ${found.id}`);
  return { language: found, framework: within };
}

/** A command for sh, bash and zsh that sends one trace. */
export function curlCommand({ origin, apiKey, traceId }: Target): string {
  return [
    `curl -X POST ${singleQuoted(`${origin}/api/v1/traces`)}`,
    `  -H ${singleQuoted(`Authorization: Bearer ${apiKey ?? keyPlaceholder}`)}`,
    `  -H 'Content-Type: application/json'`,
    `  -d ${singleQuoted(sampleJson(traceId))}`,
  ].join(' \\\n');
}

function pythonRequests({ origin, apiKey }: Target): Block[] {
  const fields = indented(doublyIndented(sampleJson(null)).replace('{\n', ''), '    ');
  const code = `import uuid

import requests

response = requests.post(
    ${JSON.stringify(`${programOrigin(origin)}/api/v1/traces`)},
    headers={"Authorization": ${JSON.stringify(`Bearer ${apiKey ?? keyPlaceholder}`)}},
    json={
        "trace_id": str(uuid.uuid4()),
    ${fields},
    timeout=10,
)
print(response.status_code, response.text)`;
  return [install('pip install requests'), { label: 'Python', code }];
}

const pythonTracing = `from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))`;
const pythonPackages = 'opentelemetry-sdk opentelemetry-exporter-otlp-proto-http';

function pythonOpenTelemetry(target: Target): Block[] {
  const [first] = sampleTrace.retrieved_chunks;
  const code = `from openinference.semconv.trace import DocumentAttributes, SpanAttributes
${pythonTracing}
tracer = provider.get_tracer("my-app")

with tracer.start_as_current_span("answer-question") as chain:
    chain.set_attribute(SpanAttributes.OPENINFERENCE_SPAN_KIND, "CHAIN")
    chain.set_attribute(SpanAttributes.INPUT_VALUE, ${JSON.stringify(sampleTrace.user_input)})

    with tracer.start_as_current_span("retrieve") as retriever:
        retriever.set_attribute(SpanAttributes.OPENINFERENCE_SPAN_KIND, "RETRIEVER")
        chunk = f"{SpanAttributes.RETRIEVAL_DOCUMENTS}.0"
        retriever.set_attribute(f"{chunk}.{DocumentAttributes.DOCUMENT_CONTENT}", ${JSON.stringify(first?.text)})
        retriever.set_attribute(f"{chunk}.{DocumentAttributes.DOCUMENT_SCORE}", ${first?.score})

    with tracer.start_as_current_span("generate") as llm:
        llm.set_attribute(SpanAttributes.OPENINFERENCE_SPAN_KIND, "LLM")
        llm.set_attribute(SpanAttributes.LLM_MODEL_NAME, ${JSON.stringify(sampleTrace.model_name)})
        llm.set_attribute(SpanAttributes.LLM_TOKEN_COUNT_PROMPT, ${sampleTrace.tokens_in})
        llm.set_attribute(SpanAttributes.LLM_TOKEN_COUNT_COMPLETION, ${sampleTrace.tokens_out})

    chain.set_attribute(SpanAttributes.OUTPUT_VALUE, ${JSON.stringify(sampleTrace.model_output)})

provider.shutdown()  # where your program ends: sends what is left`;
  return [
    install(`pip install openinference-semantic-conventions ${pythonPackages}`),
    environment(target),
    { label: 'Python', code },
  ];
}

function pythonLangChain(target: Target): Block[] {
  const code = `from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
${pythonTracing}
LangChainInstrumentor().instrument(tracer_provider=provider)

# From here on every chain, retriever and model of LangChain is traced.
answer = ChatOpenAI(model=${JSON.stringify(sampleTrace.model_name)}).invoke(${JSON.stringify(sampleTrace.user_input)})
print(answer.content)

provider.shutdown()  # where your program ends: sends what is left`;
  return [
    install(`pip install openinference-instrumentation-langchain langchain-openai \\\n  ${pythonPackages}`),
    environment(target),
    { label: 'Python', code },
  ];
}

function pythonLlamaIndex(target: Target): Block[] {
  const documents = sampleTrace.retrieved_chunks.map(({ text }) => `Document(text=${JSON.stringify(text)})`);
  const code = `from llama_index.core import Document, VectorStoreIndex
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
${pythonTracing}
LlamaIndexInstrumentor().instrument(tracer_provider=provider)

# From here on every query, retriever and model of LlamaIndex is traced.
index = VectorStoreIndex.from_documents([
    ${documents.join(',\n    ')},
])
print(index.as_query_engine().query(${JSON.stringify(sampleTrace.user_input)}))

provider.shutdown()  # where your program ends: sends what is left`;
  return [
    install(`pip install openinference-instrumentation-llama-index llama-index \\\n  ${pythonPackages}`),
    environment(target),
    { label: 'Python', code },
  ];
}

function typescriptClient({ origin, apiKey }: Target): Block[] {
  const literal = sampleJson(null)
    .replace(/"(\w+)":/g, '$1:')
    .replace(/^( +)\{(.+)\}(,?)$/gm, '$1{ $2 }$3');
  const code = `import { createClient } from "./ragtoolkit";

const ragtoolkit = createClient({
  baseUrl: ${JSON.stringify(programOrigin(origin))},
  apiKey: ${JSON.stringify(apiKey ?? keyPlaceholder)},
  onDrop: (drop) => console.warn(drop.message, drop.items),
});

// After each answer. It is sent in the background, and before the program ends.
const traceId = ragtoolkit.trace(${literal});

// When somebody says what they think of it.
ragtoolkit.feedback(traceId, { thumbs: "up" });`;
  return [
    install(`curl -o ragtoolkit.ts ${singleQuoted(`${origin}/sdk/ragtoolkit.ts`)}`),
    { label: 'TypeScript', code },
  ];
}

const javascriptImports = `import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";`;
const javascriptProvider = `const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();`;
const javascriptPackages =
  '@opentelemetry/api @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-proto';

function javascriptOpenTelemetry(target: Target): Block[] {
  const [first] = sampleTrace.retrieved_chunks;
  const code = `import { getLLMAttributes, getRetrieverAttributes, traceChain, withSpan } from "@arizeai/openinference-core";
${javascriptImports}

${javascriptProvider}

const retrieve = withSpan(
  async () => [{ content: ${JSON.stringify(first?.text)}, score: ${first?.score} }],
  { name: "retrieve", kind: "RETRIEVER", processOutput: (documents) => getRetrieverAttributes({ documents }) },
);
const generate = withSpan(async () => ${JSON.stringify(sampleTrace.model_output)}, {
  name: "generate",
  kind: "LLM",
  processOutput: () =>
    getLLMAttributes({
      modelName: ${JSON.stringify(sampleTrace.model_name)},
      tokenCount: { prompt: ${sampleTrace.tokens_in}, completion: ${sampleTrace.tokens_out} },
    }),
});
const answer = traceChain(
  async (question) => {
    const chunks = await retrieve(question);
    return generate(question, chunks);
  },
  { name: "answer-question" },
);

console.log(await answer(${JSON.stringify(sampleTrace.user_input)}));
await provider.shutdown(); // where your program ends: sends what is left`;
  return [
    install(`npm install @arizeai/openinference-core \\\n  ${javascriptPackages}`),
    environment(target),
    { label: 'JavaScript', code },
  ];
}

function javascriptLangChain(target: Target): Block[] {
  const code = `import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import * as CallbackManagerModule from "@langchain/core/callbacks/manager";
import { ChatOpenAI } from "@langchain/openai";
${javascriptImports}

${javascriptProvider}
new LangChainInstrumentation().manuallyInstrument(CallbackManagerModule);

// From here on every chain, retriever and model of LangChain is traced.
const answer = await new ChatOpenAI({ model: ${JSON.stringify(sampleTrace.model_name)} }).invoke(${JSON.stringify(sampleTrace.user_input)});
console.log(answer.content);
await provider.shutdown(); // where your program ends: sends what is left`;
  return [
    install(
      `npm install @arizeai/openinference-instrumentation-langchain @langchain/core @langchain/openai \\\n  ${javascriptPackages}`,
    ),
    environment(target),
    { label: 'JavaScript', code },
  ];
}

function vercelAi(target: Target): Block[] {
  const code = `import { openai } from "@ai-sdk/openai";
import { OpenTelemetry } from "@ai-sdk/otel";
${javascriptImports}
import { generateText, registerTelemetry } from "ai";

${javascriptProvider}
registerTelemetry(new OpenTelemetry());

// From here on every call of the AI SDK is traced.
const { text } = await generateText({
  model: openai(${JSON.stringify(sampleTrace.model_name)}),
  prompt: ${JSON.stringify(sampleTrace.user_input)},
  telemetry: { functionId: "answer-question" },
});
console.log(text);
await provider.shutdown(); // where your program ends: sends what is left`;
  return [
    install(`npm install ai@7 @ai-sdk/otel@1 @ai-sdk/openai@4 \\\n  ${javascriptPackages}`),
    environment(target),
    { label: 'JavaScript', code },
  ];
}

/** Before version 7 telemetry was part of the SDK itself, and asked for call by call. */
function vercelAi6(target: Target): Block[] {
  const code = `import { openai } from "@ai-sdk/openai";
${javascriptImports}
import { generateText } from "ai";

${javascriptProvider}

const { text } = await generateText({
  model: openai(${JSON.stringify(sampleTrace.model_name)}),
  prompt: ${JSON.stringify(sampleTrace.user_input)},
  experimental_telemetry: {
    isEnabled: true,
    functionId: "answer-question",
    metadata: { userId: "customer-7", sessionId: "chat-3" },
  },
});
console.log(text);
await provider.shutdown(); // where your program ends: sends what is left`;
  return [
    install(`npm install ai@6 @ai-sdk/openai@3 \\\n  ${javascriptPackages}`),
    environment(target),
    { label: 'JavaScript', code },
  ];
}

/** The variables that every OpenTelemetry exporter reads. The value of a header is percent-encoded there. */
function environment({ origin, apiKey }: Target): Block {
  const key = encodeURIComponent(apiKey ?? keyPlaceholder);
  const code = `export OTEL_EXPORTER_OTLP_ENDPOINT=${singleQuoted(`${programOrigin(origin)}/api/otel`)}
export OTEL_EXPORTER_OTLP_PROTOCOL='http/protobuf'
export OTEL_EXPORTER_OTLP_HEADERS=${singleQuoted(`Authorization=Bearer%20${key}`)}`;
  return { label: 'Terminal: address and key', code };
}

/** Names below .localhost are this machine's, which browsers and curl know and most programs do not: the key tells the workspace. */
function programOrigin(origin: string): string {
  const url = new URL(origin);
  if (url.hostname.endsWith('.localhost')) url.hostname = '127.0.0.1';
  return url.origin;
}

function terminal(code: string): Block {
  return { label: 'Terminal', code };
}

function install(code: string): Block {
  return { label: 'Terminal: install', code };
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`);
}

function doublyIndented(text: string): string {
  return text.replace(/^ +/gm, '$&$&');
}
