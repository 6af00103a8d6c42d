import './.ci/require-node.mjs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Processes that tests start, and vitest's own, load what one of them has compiled before.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('.vitest/compile-cache', import.meta.url))

const source = '--conditions=@tinystories/source'
const strippedTypes = `--import=${new URL('.ci/stripped-types/load.mjs', import.meta.url).href}`

export default defineConfig({
  resolve: { conditions: ['@tinystories/source'] },
  ssr: { resolve: { conditions: ['@tinystories/source'] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'packages',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/{cli,create}/src/**/*.test.ts',
            'benchmarks/src/**/*.test.ts',
            'apps/docs/scripts/*.test.mjs',
          ],
          exclude: ['**/node_modules/**', '**/*.webgpu.test.ts'],
        },
      },
      // The page is built once, and only when one of these files runs.
      {
        extends: true,
        test: {
          name: 'demo',
          include: ['apps/demo/{src,build}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.webgpu.test.ts', '**/*.long.test.ts'],
          globalSetup: ['apps/demo/src/testing/site.ts'],
        },
      },
      // `npm run test:long`: whole visits of the page, which CI makes too, so that `npm test` stays under ten minutes.
      {
        extends: true,
        test: {
          name: 'long',
          include: ['apps/demo/src/**/*.long.test.ts'],
          globalSetup: ['apps/demo/src/testing/site.ts'],
        },
      },
      // `npm run test:webgpu`: on an emulated graphics processor a few tests take minutes.
      {
        extends: true,
        test: {
          name: 'webgpu',
          include: ['{packages,apps}/*/src/**/*.webgpu.test.ts'],
          globalSetup: ['apps/demo/src/testing/site.ts'],
        },
      },
    ],
    pool: 'forks',
    // On two cores, two: many tests wait for browsers, servers and processes. Three compete, and take longer.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Worker threads that a test starts resolve the packages from source as the test does.
    execArgv: [source, strippedTypes],
    env: { NODE_OPTIONS: strippedTypes },
    globalSetup: ['.ci/stripped-types/strip.mjs'],
    setupFiles: ['packages/testing/src/setup.ts'],
    // Machines here have two cores and some tests run real training: give them time, measure elsewhere.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // A test that passes at the second try is a fault to be found.
    retry: 0,
    // .ci/run counts the tests from the JSON.
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.vitest/results.json' }]] : ['default'],
  },
})
