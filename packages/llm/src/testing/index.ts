export { type ChatServer, type ChatServerCounts, startChatServer } from './chat-server.ts'
export type { ChatServerOptions, ServedRequest, ServerFaults } from './chat-server-options.ts'
export type { PlayedProvider } from './played-provider.ts'
export { recordFetch, replayFetch } from './recorded-fetch.ts'
