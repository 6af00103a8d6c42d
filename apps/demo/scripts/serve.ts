// Builds the page and serves it:      npm run demo [-- --port 8080] [--plain]
// Builds it for a static host:        npm run demo -- build [--base /name/] [--out FOLDER] [--url ADDRESS] [--code ADDRESS]
//
// --plain leaves out the headers that isolate the page, as a plain file server does: WebAssembly then has one thread until
// the page's service worker adds them. --url is where the page will be, for the pictures of links to it; --code is where its
// source can be read, and is linked.

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serveFolder } from '@tinystories/testing/browser'
import { build } from 'vite'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '5173' },
    plain: { type: 'boolean', default: false },
    base: { type: 'string', default: './' },
    out: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    url: { type: 'string', default: '' },
    code: { type: 'string', default: '' },
  },
})
const port = Number(values.port)
if (!Number.isInteger(port) || port < 0 || port > 65535)
  fail(`--port ${values.port} is no port: take a number from 0 to 65535`)
if (!/^(\.\/|\/(.*\/)?)$/.test(values.base))
  fail(`--base ${values.base} is no folder of a host: take one such as /name/`)
if (positionals.length > 1 || (positionals[0] ?? 'build') !== 'build')
  fail(`${positionals.join(' ')} is not known: build is`)
for (const address of [values.url, values.code]) {
  if (address && !URL.canParse(address)) fail(`${address} is no address: take one such as https://host/name/`)
}
// npm runs scripts in the repository's folder; the person may be in another one.
const out = resolve(process.env.INIT_CWD ?? '', values.out)
process.env.VITE_PAGE_URL = values.url.replace(/(?<=[^/])$/, '/')
process.env.VITE_CODE_URL = values.code
await build({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
  logLevel: 'warn',
  base: values.base,
  build: { outDir: out, emptyOutDir: true },
})
if (positionals[0] === 'build') console.log(`The page is in ${out}`)
else await serve()

async function serve(): Promise<void> {
  try {
    const { url } = await serveFolder(out, { isolated: !values.plain, port })
    console.log(`The demo is at ${url} (Ctrl-C ends it)`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    fail(`port ${port} is taken: give another with --port, or 0 for any free one`)
  }
}

function fail(message: string): never {
  console.error(`error: ${message}`)
  process.exit(1)
}
