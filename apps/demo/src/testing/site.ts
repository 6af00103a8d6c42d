import { buildSite } from '@tinystories/testing/browser'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the page as it is published. */
    site: string
  }
}

/** Builds the page once for all test files that open it: `globalSetup` of vitest.config.ts. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { folder, remove } = await buildSite(new URL('../../', import.meta.url))
  project.provide('site', folder)
  return remove
}
