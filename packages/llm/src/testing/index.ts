export { type ChatServer, type ChatServerCounts, startChatServer } from './chat-server.ts'
export type { ChatServerOptions, ServedRequest, ServerFaults } from './chat-server-options.ts'
export { recordFetch, replayFetch } from './recorded-fetch.ts'
