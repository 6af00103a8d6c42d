import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
}

export interface CommandOptions {
  cwd: string
  /** Further variables of the environment. */
  env?: Record<string, string>
  onStart?: (child: ChildProcess) => void
  /** Called with all of stdout so far, whenever more comes. */
  onStdout?: (text: string, child: ChildProcess) => void
}

/** Runs the command as a person would: a process of its own, from source. */
export function tinystories(
  args: string[],
  { cwd, env: more, onStart, onStdout }: CommandOptions,
): Promise<CommandResult> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const { npm_package_name: _, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@tinystories/source', main, ...args], {
    cwd,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onStart?.(child)
  const result = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text
    onStdout?.(result.stdout, child)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, ...result }))
  })
}
