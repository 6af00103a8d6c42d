import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// run.mjs names the tests of the file that is mutated.
const tests = env.MUTATION_TESTS ?? 'packages/*/src/**/*.test.ts'

export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  resolve: { conditions: ['@tinystories/source'] },
  ssr: { resolve: { conditions: ['@tinystories/source'] } },
  test: {
    include: [tests],
    setupFiles: ['packages/testing/src/setup.ts'],
    execArgv: ['--conditions=@tinystories/source'],
    testTimeout: 60_000,
  },
})
