import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The browser to test with: `CHROMIUM_PATH`, or the first that is installed in a usual place. */
export function chromiumPath(): string | undefined {
  return process.env.CHROMIUM_PATH ?? PLACES.find(path => existsSync(path))
}

/** Why tests in a browser are skipped, printed once; undefined when there is a browser. */
export function whyNoChromium(): string | undefined {
  if (chromiumPath() !== undefined) return undefined
  const reason = 'no Chromium is installed (set CHROMIUM_PATH, or install the package chromium)'
  process.stderr.write(`Tests in a real browser are skipped: ${reason}\n`)
  return reason
}

export interface LaunchOptions {
  /** Whether the page shall see a WebGPU adapter; it is SwiftShader, which computes on the CPU. Default false. */
  webgpu?: boolean
  /** Further switches, such as `--js-flags=--expose-gc`. Default: none. */
  args?: readonly string[]
}

/** Starts a headless Chromium with a fresh profile. */
export function launchChromium({ webgpu = false, args = [] }: LaunchOptions = {}): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error('There is no Chromium')
  return chromium.launch({
    executablePath,
    args: [
      // Tests run as root in containers, where the sandbox cannot start; the pages are our own.
      '--no-sandbox',
      ...(webgpu
        ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']
        : ['--disable-gpu']),
      ...args,
    ],
  })
}
