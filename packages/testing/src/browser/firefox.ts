import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const USUAL_PATHS = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]

/** `FIREFOX_PATH`, or the first Firefox in a usual place; undefined when none is installed. */
export function firefoxPath(): string | undefined {
  return process.env.FIREFOX_PATH || USUAL_PATHS.find(path => existsSync(path))
}

/** Whether to skip the tests in Firefox because it is not installed; says so on stderr. */
export function skipWithoutFirefox(): boolean {
  if (firefoxPath() !== undefined) return false
  process.stderr.write(
    'Tests in Firefox are skipped: it is not installed. Set FIREFOX_PATH, or install firefox-esr.\n',
  )
  return true
}

/** A page in a headless Firefox, by the standard protocol WebDriver BiDi. */
export interface FirefoxPage {
  open(url: string): Promise<void>
  /** The value of an expression in the page, which may be a promise: a string, number, boolean or null. */
  evaluate(expression: string): Promise<unknown>
  close(): Promise<void>
}

/** Starts a headless Firefox with a fresh profile, which `close` removes. @throws Error when none is installed */
export async function launchFirefox(): Promise<FirefoxPage> {
  const path = firefoxPath()
  if (path === undefined) throw new Error('Firefox is not installed.')
  const profile = await mkdtemp(join(tmpdir(), 'firefox-'))
  const child = spawn(
    path,
    ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', profile],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const close = async (): Promise<void> => {
    child.kill()
    await ended
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let output = ''
      child.stderr.on('data', data => {
        output += data
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(output)?.[1]
        if (found) resolve(`${found}/session`)
      })
      child.once('error', reject)
      child.once('exit', code => reject(new Error(`Firefox ended with ${code}: ${output}`)))
    })
    const send = await connect(address)
    await send('session.new', { capabilities: {} })
    const { context } = (await send('browsingContext.create', { type: 'tab' })) as { context: string }
    // A tab in the background is not drawn.
    await send('browsingContext.activate', { context })
    return {
      close,
      async open(url) {
        await send('browsingContext.navigate', { context, url, wait: 'complete' })
      },
      async evaluate(expression) {
        const target = { context }
        const answer = (await send('script.evaluate', {
          expression,
          target,
          awaitPromise: true,
        })) as Evaluated
        if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text)
        return answer.result.value ?? null
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Evaluated =
  | { type: 'success'; result: { value?: unknown } }
  | { type: 'exception'; exceptionDetails: { text: string } }

type Send = (method: string, params: object) => Promise<unknown>

interface Answer {
  id?: number
  result?: unknown
  error?: string
  message?: string
}

async function connect(address: string): Promise<Send> {
  const socket = new WebSocket(address)
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`${address} does not answer`)))
  })
  let last = 0
  return async (method, params) => {
    const id = ++last
    const answered = new Promise<Answer>(resolve => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { result, error, message } = await answered
    waiting.delete(id)
    if (error) throw new Error(`${method}: ${error}, ${message}`)
    return result
  }
}
