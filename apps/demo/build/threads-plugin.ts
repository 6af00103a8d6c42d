import type { Plugin } from 'vite'
import { queryPlugin } from './query-plugin.ts'

/** Asks for the address of a worker: `import url from './model-worker.ts?thread'`. */
const QUERY = '?thread'

const STARTED = /new Worker\(new URL\('(\.\/[\w-]+\.js)', import\.meta\.url\)/

/**
 * Builds workers together with the page, so that both load the same chunks: Vite by itself bundles each worker alone, with
 * all that it imports.
 */
export function threadsPlugin(): Plugin {
  return {
    ...queryPlugin(QUERY, id => ({ type: 'chunk', id })),
    // Those that a package starts, too.
    transform: {
      filter: { code: STARTED },
      handler: code => {
        const [, file] = STARTED.exec(code)!
        return `import thread from '${file}${QUERY}'\n${code.replace(STARTED, 'new Worker(thread')}`
      },
    },
  }
}
