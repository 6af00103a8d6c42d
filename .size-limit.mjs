// What a page downloads before it can use a package, minified and gzipped: the entry and what it imports at once, without peers
// and without what waits behind a dynamic `import()`. `npm run size`, after a build.
import { mkdirSync, writeFileSync } from 'node:fs'

/** kB by package, and of `tokenizer core` what encoding and decoding need alone. */
const limits = {
  backends: 12,
  compiler: 52,
  dataset: 48,
  grader: 100,
  interpret: 12,
  llm: 20,
  model: 22,
  pipeline: 34,
  sweep: 12,
  tokenizer: 37,
  'tokenizer core': 10.5,
  trainer: 13,
  utils: 20,
}

/** Entries where it is not the main one alone. */
const code = {
  'tokenizer core': "export { createTokenizer } from '@tinystories/tokenizer'",
  // Without a main entry: what pages take of it.
  utils: ['errors', 'html', 'http', 'hub', 'random', 'retry', 'schema', 'text', 'workers']
    .map(entry => `export * from '@tinystories/utils/${entry}'`)
    .join('\n'),
}

const later = {
  name: 'later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    ),
}

const folder = 'node_modules/.cache/size-limit'
mkdirSync(folder, { recursive: true })
export default Object.entries(limits).map(([name, limit]) => {
  const path = `${folder}/${name.replace(' ', '-')}.js`
  writeFileSync(path, code[name] ?? `export * from '@tinystories/${name}'`)
  return {
    name,
    path,
    gzip: true,
    limit: `${limit} kB`,
    ignore: ['@tensorflow/*', 'onnxruntime-web'],
    modifyEsbuildConfig: config => ({ ...config, format: 'esm', platform: 'browser', plugins: [later] }),
  }
})
