import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Plugin } from 'vite'
import { queryPlugin } from './query-plugin.ts'

/** The bundles of ONNX Runtime name files beside them, for where they are not given any. The page always gives them. */
const NAMED = /\("ort[-.][\w.-]+",\s*import\.meta\.url\)/g

/**
 * Puts files into the build as gzip, `import url from 'onnxruntime-web/....wasm?packed'`: the two builds of ONNX Runtime
 * have 41 MB, and 10 MB so, also on a host that does not compress what it sends.
 */
export function packedPlugin(): Plugin {
  return {
    ...queryPlugin('?packed', async path => ({
      type: 'asset',
      name: `${basename(path)}.packed`,
      source: await promisify(gzip)(await readFile(path)),
    })),
    transform: {
      filter: { id: /onnxruntime-web\/dist\/ort\.[\w.-]+\.mjs$/ },
      handler: code => code.replaceAll(NAMED, '(import.meta.url)'),
    },
  }
}
