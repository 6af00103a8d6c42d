import type { Plugin } from 'vite'

/** Asks for the address of a worker: `import url from './model-worker.ts?thread'`. */
const QUERY = '?thread'

const STARTED = /new Worker\(new URL\('(\.\/[\w-]+\.js)', import\.meta\.url\)/

/**
 * Builds workers together with the page, so that both load the same chunks: Vite by itself bundles each worker alone, with
 * all that it imports.
 */
export function threadsPlugin(): Plugin {
  return {
    name: 'threads',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!source.endsWith(QUERY)) return undefined
      const resolved = await this.resolve(source.slice(0, -QUERY.length), importer)
      return resolved && `${resolved.id}${QUERY}`
    },
    load(id) {
      if (!id.endsWith(QUERY)) return undefined
      const reference = this.emitFile({ type: 'chunk', id: id.slice(0, -QUERY.length) })
      return `export default import.meta.ROLLUP_FILE_URL_${reference}`
    },
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
