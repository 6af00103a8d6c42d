import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Plugin } from 'vite'

/** Asks for the address of a file as gzip: `import url from 'onnxruntime-web/....wasm?packed'`. */
const QUERY = '?packed'

/** The bundles of ONNX Runtime name files beside them, for where they are not given any. The page always gives them. */
const NAMED = /\("ort[-.][\w.-]+",\s*import\.meta\.url\)/g

/**
 * Puts files into the build as gzip: the two builds of ONNX Runtime have 41 MB, and 10 MB so, also on a host that does not
 * compress what it sends.
 */
export function packedPlugin(): Plugin {
  return {
    name: 'packed',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!source.endsWith(QUERY)) return undefined
      const resolved = await this.resolve(source.slice(0, -QUERY.length), importer)
      return resolved && `${resolved.id}${QUERY}`
    },
    async load(id) {
      if (!id.endsWith(QUERY)) return undefined
      const path = id.slice(0, -QUERY.length)
      const source = await promisify(gzip)(await readFile(path))
      const reference = this.emitFile({ type: 'asset', name: `${basename(path)}.packed`, source })
      return `export default import.meta.ROLLUP_FILE_URL_${reference}`
    },
    transform: {
      filter: { id: /onnxruntime-web\/dist\/ort\.[\w.-]+\.mjs$/ },
      handler: code => code.replaceAll(NAMED, '(import.meta.url)'),
    },
  }
}
