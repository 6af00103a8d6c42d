import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * Builds a site as it is published, by its own `vite.config.ts`, into a folder that goes again.
 *
 * @param root the site's folder, with its closing slash
 * @returns the folder to serve, and what removes it
 */
export async function buildSite(root: URL): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'site-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    await build({
      root: fileURLToPath(root),
      configFile: fileURLToPath(new URL('vite.config.ts', root)),
      logLevel: 'silent',
      build: { outDir: folder, emptyOutDir: true },
    })
  } catch (error) {
    await remove()
    throw error
  }
  return { folder, remove }
}
