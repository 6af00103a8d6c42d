import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Where Debian keeps its versions of PostgreSQL. */
const debianFolder = '/usr/lib/postgresql'

/** The folder of PostgreSQL's programs, or undefined where it is not installed. */
export function findPostgres(): string | undefined {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).map(Number) : []
  const newest = versions.filter(version => version > 0).sort((a, b) => b - a)[0]
  const programs = newest === undefined ? undefined : join(debianFolder, `${newest}`, 'bin')
  if (programs === undefined || !existsSync(join(programs, 'initdb'))) return undefined
  // PostgreSQL refuses to run as the administrator, and so needs the user that Debian makes for it.
  return process.getuid?.() === 0 && postgresUser() === undefined ? undefined : programs
}

/** Starts a server of its own, with its data in a new folder, on a free port of this machine. */
export async function startPostgres(
  programs: string,
  data: string,
): Promise<{ server: string; stop: () => Promise<void> }> {
  await mkdir(data, { recursive: true })
  const user = process.getuid?.() === 0 ? postgresUser() : undefined
  if (user) {
    await chown(data, user.uid, user.gid)
    await chown(dirname(data), user.uid, user.gid)
  }
  const run = promisify(execFile)
  const quickly = ['-c', 'fsync=off', '-c', 'full_page_writes=off']
  await run(join(programs, 'initdb'), ['-D', data, '-U', 'test', '-A', 'trust', '--no-sync'], {
    ...user,
    cwd: data,
  })
  const port = await freePort()
  const listen = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', '', ...quickly]
  const server = spawn(join(programs, 'postgres'), listen, {
    ...user,
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(server, 'exit')
  await new Promise<void>((resolve, reject) => {
    let log = ''
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
      if (log.includes('ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(log)))
  })
  return {
    server: `postgres://test@127.0.0.1:${port}/postgres`,
    async stop() {
      server.kill('SIGINT')
      await ended
    },
  }
}

function postgresUser(): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
