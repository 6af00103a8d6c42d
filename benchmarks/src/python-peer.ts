import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A peer in a process that is kept, so that what it imports and reads is not measured. */
export interface PythonPeer {
  /** What it says it is, with its version. */
  name: string
  /** Runs a command and gives the number that is the first word of its answer. */
  run(command: string): Promise<number>
  /** Runs a command and gives all numbers of its answer. */
  runAll(command: string): Promise<number[]>
  stop(): void
}

export interface PythonPeerOptions {
  /** A script in `peers/`: it answers `ready NAME`, then each line of its input with a line. */
  script: string
  /** Written to a file whose path is the script's first argument; the file stays until the peer stops. */
  input: string
  /** Further arguments. */
  args?: string[]
  /** Variables to set; undefined takes one away. */
  env: Record<string, string | undefined>
  /** What runs the script. Default: what PYTHON names. */
  interpreter?: [string, ...string[]]
  /** How to install what the script answers is absent. */
  install: string
}

/** Starts a peer; PYTHON names the interpreter. Gives undefined, with a message, when it is not installed. */
export async function startPythonPeer({
  script,
  input,
  args = [],
  env,
  interpreter: [program, ...flags] = [process.env.PYTHON ?? 'python3'],
  install,
}: PythonPeerOptions): Promise<PythonPeer | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'tinystories-bench-'))
  const path = join(folder, 'input.json')
  await writeFile(path, input)
  const file = fileURLToPath(new URL(`./peers/${script}`, import.meta.url))
  const child = spawn(program, [...flags, file, path, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, HF_HOME: folder, ...env },
  })
  child.once('close', () => rm(folder, { recursive: true, force: true }))
  const failed = once(child, 'error').then(() => 'absent python3')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => (await answers.next()).value ?? 'absent'
  const first = await Promise.race([answer(), failed])
  if (!first.startsWith('ready ')) {
    child.kill()
    console.error(`${first}: for the peer install it with "${install}" and name its Python in PYTHON`)
    return undefined
  }
  const ask = async (command: string): Promise<number[]> => {
    child.stdin.write(`${command}\n`)
    const values = (await answer()).split(' ').map(Number)
    if (!Number.isFinite(values[0]!)) throw new Error('the peer ended in the middle of the measurement')
    return values
  }
  return {
    name: first.slice('ready '.length),
    run: async command => (await ask(command))[0]!,
    runAll: ask,
    stop: () => child.stdin.end(),
  }
}
