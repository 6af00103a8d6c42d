import { dirname } from 'node:path'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The tests beside the file that is mutated; MUTATED is its path.
const folder = dirname(env.MUTATED ?? 'packages/*/src')

export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  resolve: { conditions: ['@tinystories/source'] },
  ssr: { resolve: { conditions: ['@tinystories/source'] } },
  test: {
    include: [`${folder}/*.test.ts`],
    setupFiles: ['packages/testing/src/setup.ts'],
    execArgv: ['--conditions=@tinystories/source'],
    testTimeout: 60_000,
  },
})
