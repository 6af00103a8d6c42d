// Builds the page and serves it: npm run demo [-- --port 8080] [--plain]
//
// --plain leaves out the headers that isolate the page, as a plain file server does: WebAssembly then has one thread.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serveFolder } from '@tinystories/testing/browser'
import { build } from 'vite'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '5173' }, plain: { type: 'boolean', default: false } },
})
const port = Number(values.port)
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`error: --port ${values.port} is no port: take a number from 0 to 65535`)
  process.exit(1)
}
const root = fileURLToPath(new URL('..', import.meta.url))
await build({
  root,
  configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
  logLevel: 'warn',
})
try {
  const { url } = await serveFolder(fileURLToPath(new URL('../dist', import.meta.url)), {
    isolated: !values.plain,
    port,
  })
  console.log(`The demo is at ${url} (Ctrl-C ends it)`)
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
  console.error(`error: port ${port} is taken: give another with --port, or 0 for any free one`)
  process.exit(1)
}
