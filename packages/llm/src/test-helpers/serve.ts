import { afterAll } from 'vitest'
import type { ChatServerOptions } from '../testing/chat-server-options.ts'
import { type ChatServer, startChatServer } from '../testing/index.ts'

/** A local server that ends with the tests of this file. */
export async function serve(options: ChatServerOptions = {}): Promise<ChatServer> {
  const server = await startChatServer(options)
  afterAll(() => server.close())
  return server
}

/** One message. */
export const say = (content: string): { messages: { role: 'user'; content: string }[] } => ({
  messages: [{ role: 'user', content }],
})
