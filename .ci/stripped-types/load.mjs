// Lets Node load sources whose types `strip.mjs` has stripped already. Of any other it strips the types itself.
//
// Node strips types by WebAssembly, again in each thread, and V8 now and then ends the process when several threads
// compile and free WebAssembly code at once (nodejs/node#64500). Tests start up to five worker threads from source.
import { registerHooks } from 'node:module'
import { readIfThere, root, stripped } from './cache.mjs'

const modules = new URL('node_modules/', root).href

registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith(root.href) && url.endsWith('.ts') && !url.startsWith(modules)) {
      const source = readIfThere(stripped(readIfThere(new URL(url)) ?? ''))
      if (source !== undefined) return { format: 'module', source, shortCircuit: true }
    }
    return nextLoad(url, context)
  },
})
