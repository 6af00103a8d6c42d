import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { chromiumPath } from './chromium.ts'

/** What a visitor may set in the browser. */
export interface ProfileOptions {
  /** Whether pages may keep nothing: neither cookies nor databases. Default false. */
  blockStorage?: boolean
}

/** Starts a headless Chromium whose profile has settings of its own; `close` removes it. */
export async function launchProfile({ blockStorage = false }: ProfileOptions = {}): Promise<{
  context: BrowserContext
  close(): Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 })
  try {
    await mkdir(join(folder, 'Default'))
    // 2 is Chromium's word for "block".
    const settings = blockStorage ? { default_content_setting_values: { cookies: 2 } } : {}
    await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify({ profile: settings }))
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: chromiumPath()!,
      // As in `launchChromium`.
      args: ['--no-sandbox', '--disable-gpu'],
    })
    return {
      context,
      async close() {
        await context.close()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
