import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseJson } from '@tinystories/utils/schema'
import { type LocalLlm, type LocalRequest, modelName } from './local-llm.ts'

/** An exchange that the server answered. */
export interface ServedExchange {
  request: LocalRequest
  reply: string
  finishReason: string
}

/** A local model behind OpenAI's protocol. */
export interface LocalServer {
  /** Ends in `/v1`. */
  baseURL: string
  close(): Promise<void>
}

interface ChatBody {
  messages: { role: string; content: string }[]
  temperature?: number
  max_tokens?: number
  seed?: number
  response_format?: { type: string; json_schema?: { schema: object } }
}

/** Serves `POST /v1/chat/completions` on the local machine. @param onExchange called with each as it ends */
export async function serveLocalLlm(
  model: LocalLlm,
  onExchange: (exchange: ServedExchange) => Promise<void>,
): Promise<LocalServer> {
  let count = 0

  const answer = async (incoming: IncomingMessage): Promise<object> => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = parseJson(Buffer.concat(chunks).toString('utf8'), { source: 'the request' }) as ChatBody
    const request: LocalRequest = {
      messages: body.messages,
      temperature: body.temperature,
      maxTokens: body.max_tokens,
      seed: body.seed,
      schema: body.response_format?.json_schema?.schema,
    }
    const { text, finishReason, inputTokens, outputTokens } = await model.complete(request)
    await onExchange({ request, reply: text, finishReason })
    return {
      id: `local-${count++}`,
      object: 'chat.completion',
      created: Math.floor(Date.now() / 1000),
      model: modelName,
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: finishReason }],
      usage: {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
    }
  }

  const server = createServer((incoming, outgoing) => {
    const send = (status: number, value: object): void => {
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (incoming.method !== 'POST' || incoming.url !== '/v1/chat/completions') {
      send(404, { error: { message: 'there is only POST /v1/chat/completions' } })
      return
    }
    answer(incoming).then(
      value => send(200, value),
      error => send(500, { error: { message: String(error) } }),
    )
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => new Promise(done => server.close(() => done()).closeAllConnections()),
  }
}
