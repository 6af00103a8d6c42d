import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const USUAL_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * The browser to test with: `CHROMIUM_PATH`, or the first that is installed in a usual place.
 *
 * @returns undefined when none is installed
 * @throws Error when `CHROMIUM_PATH` is not a file, and in CI when there is no browser: there no test may be skipped
 */
export function chromiumPath(): string | undefined {
  const { CHROMIUM_PATH, CI } = process.env
  if (CHROMIUM_PATH && !existsSync(CHROMIUM_PATH))
    throw new Error(`CHROMIUM_PATH is ${CHROMIUM_PATH}, and there is no such file. Correct it or unset it.`)
  const path = CHROMIUM_PATH || USUAL_PATHS.find(each => existsSync(each))
  if (path === undefined && CI) throw new Error(`${MISSING} Tests in a browser are not skipped in CI.`)
  return path
}

const MISSING = 'No Chromium is installed. Set CHROMIUM_PATH, or install the package chromium.'

/** Whether to skip the tests in a browser because none is installed; says so on stderr. */
export function skipWithoutChromium(): boolean {
  if (chromiumPath() !== undefined) return false
  process.stderr.write(`Tests in a browser are skipped. ${MISSING}\n`)
  return true
}

export interface LaunchOptions {
  /** Whether the page shall see a WebGPU adapter; it is SwiftShader, which computes on the CPU. Default false. */
  webgpu?: boolean
  /** Further switches, for example `--js-flags=--expose-gc`. Default: none. */
  args?: readonly string[]
}

/** Starts a headless Chromium with a fresh profile. */
export function launchChromium({ webgpu = false, args = [] }: LaunchOptions = {}): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error(MISSING)
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
