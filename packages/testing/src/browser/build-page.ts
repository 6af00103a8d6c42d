import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * Bundles a module into a page of its own, as a stranger's bundler would, with the packages from source.
 *
 * @param entry the module that the page runs
 * @returns the folder to serve, and what removes it
 */
export async function buildPage(entry: URL): Promise<{ folder: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'page-'))
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true })
  try {
    await writeFile(
      join(root, 'index.html'),
      `<!doctype html><title>Test page</title><script type="module" src="/@entry"></script>`,
    )
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      base: './',
      resolve: {
        conditions: ['@tinystories/source', 'module', 'browser', 'production'],
        alias: { '/@entry': fileURLToPath(entry) },
      },
      worker: { format: 'es' },
      build: { target: 'es2023', outDir: join(root, 'dist'), minify: false },
    })
  } catch (error) {
    await remove()
    throw error
  }
  return { folder: join(root, 'dist'), remove }
}
