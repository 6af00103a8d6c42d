import type { UserConfig } from 'vite'

const config: UserConfig = {
  // Relative addresses: the page works from any folder of any static server.
  base: './',
  resolve: { conditions: ['@tinystories/source', 'module', 'browser', 'production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { target: 'es2023' },
}

export default config
