import { createChatClient } from '@tinystories/llm'

const reply = {
  id: '1',
  object: 'chat.completion',
  model: 'any',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'A hen.' } }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
}

export default async function run() {
  const client = createChatClient({
    model: 'any',
    baseURL: 'http://127.0.0.1:9/v1',
    apiKey: 'any',
    fetch: async () => Response.json(reply),
  })
  const { text } = await client.complete({ messages: [{ role: 'user', content: 'Tell me.' }] })
  return [text]
}
export const expected = ['A hen.']
