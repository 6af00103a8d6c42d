import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Chromium brings a Vulkan loader and SwiftShader, a Vulkan device that computes on the processor. */
const SWIFT_SHADER = [
  '/usr/lib/chromium',
  '/usr/lib64/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
]

/** What a process needs in its environment to find a Vulkan device here: the machine's own first. */
function environments(): NodeJS.ProcessEnv[] {
  const found = SWIFT_SHADER.filter(folder => existsSync(`${folder}/vk_swiftshader_icd.json`))
  return [
    process.env,
    ...found.map(folder => ({
      ...process.env,
      LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
      VK_DRIVER_FILES: `${folder}/vk_swiftshader_icd.json`,
      VK_ICD_FILENAMES: `${folder}/vk_swiftshader_icd.json`,
    })),
  ]
}

/**
 * Runs a script of this folder in a process that finds a graphics device, for the dynamic loader takes its paths when a
 * process begins.
 *
 * @returns what it printed as JSON, or why there is no device
 */
export async function runWithGraphics(
  script: string,
  ...args: string[]
): Promise<{ result: unknown } | { missing: string }> {
  let missing = ''
  for (const env of environments()) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--conditions=@tinystories/source',
        '--expose-gc',
        fileURLToPath(new URL(script, import.meta.url)),
        ...args,
      ],
      { env },
    )
    const printed = JSON.parse(stdout) as { missing?: string; result?: unknown }
    if (printed.missing === undefined) return { result: printed.result }
    missing = printed.missing
  }
  return { missing }
}
