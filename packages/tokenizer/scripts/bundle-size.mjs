/**
 * Measures what a page downloads for encoding and decoding, and fails above the limit.
 *
 * Counted is everything that `createTokenizer` and its tokenizer need before its first `encode` or `decode`, bundled into one
 * file, minified and gzipped. Not counted are modules behind a dynamic `import()`: files, the hub, worker
 * threads. The trainer and the byte-level BPE reader fall away because nothing here uses them.
 *
 *     npm run size -w @tinystories/tokenizer
 */
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT = 10_000
const ENTRY = '\0core'
const index = fileURLToPath(new URL('../src/index.ts', import.meta.url))

const bundle = await (await loadRolldown()).rolldown({
  input: ENTRY,
  platform: 'browser',
  // The sources, so that it does not matter whether anything has been built.
  resolve: { conditionNames: ['@tinystories/source', 'browser', 'import', 'default'] },
  plugins: [
    {
      name: 'core-only',
      resolveId: (source, _importer, { kind }) => {
        if (source === ENTRY) return source
        return kind === 'dynamic-import' ? { id: source, external: true } : null
      },
      load: id => (id === ENTRY ? `export { createTokenizer } from ${JSON.stringify(index)}` : null),
    },
  ],
})
const { output } = await bundle.generate({ format: 'es', minify: true, comments: false })
await bundle.close()
if (output.length !== 1) throw new Error(`expected one file, found ${output.map(file => file.fileName)}`)

const { code, modules } = output[0]
const bytes = gzipSync(code, { level: 9 }).length
const count = Object.keys(modules).length - 1
process.stdout.write(
  `core: ${bytes} bytes gzip (${code.length} minified, ${count} modules); the limit is ${LIMIT}\n`,
)
if (bytes > LIMIT) process.exitCode = 1

/** Rolldown comes with vitest's vite; it is no dependency of ours. */
async function loadRolldown() {
  const vitest = createRequire(import.meta.url).resolve('vitest/package.json')
  const vite = createRequire(vitest).resolve('vite/package.json')
  return await import(pathToFileURL(createRequire(vite).resolve('rolldown')).href)
}
