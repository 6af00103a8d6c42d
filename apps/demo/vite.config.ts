import type { UserConfig } from 'vite'
import { factsPlugin } from './build/facts-plugin.ts'
import { offlinePlugin } from './build/offline-plugin.ts'
import { packedPlugin } from './build/packed-plugin.ts'
import { policyPlugin } from './build/policy-plugin.ts'
import { threadsPlugin } from './build/threads-plugin.ts'

// On a busy machine the timings of plugins would be warned of.
const rolldownOptions = { checks: { pluginTimings: false } }

const config: UserConfig = {
  // Relative addresses: the page works from any folder of any static server.
  base: './',
  resolve: { conditions: ['@tinystories/source', 'module', 'browser', 'production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [threadsPlugin(), packedPlugin(), factsPlugin(), policyPlugin(), offlinePlugin()],
  worker: { format: 'es', rolldownOptions },
  // Workers load chunks of the page, and have no document to put hints for preloading into.
  build: { target: 'es2023', modulePreload: false, rolldownOptions },
}

export default config
