import type { UserConfig } from 'vite'
import { factsPlugin } from './build/facts-plugin.ts'
import { offlinePlugin } from './build/offline-plugin.ts'

// On a busy machine the timings of plugins would be warned of.
const rolldownOptions = { checks: { pluginTimings: false } }

const config: UserConfig = {
  // Relative addresses: the page works from any folder of any static server.
  base: './',
  resolve: { conditions: ['@tinystories/source', 'module', 'browser', 'production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [factsPlugin(), offlinePlugin()],
  worker: { format: 'es', rolldownOptions },
  build: { target: 'es2023', rolldownOptions },
}

export default config
