// Packs every published package once and installs the tarballs as a stranger would: into a folder outside the repository.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const tools = fileURLToPath(new URL('.', import.meta.url))
const execute = promisify(execFile)

export const readJson = path => JSON.parse(readFileSync(path, 'utf8'))

/** Runs a command; what it prints is in the error where it fails. */
export async function run(command, args, { env, ...options } = {}) {
  const environment = {
    ...process.env,
    ONNXRUNTIME_NODE_INSTALL: 'skip',
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
  }
  // The repository's own condition is no stranger's, nor is the npm script that this runs in.
  for (const name of Object.keys(environment))
    if (/^(NODE_OPTIONS|INIT_CWD|npm_(?!config_(registry|cafile|cache)$).*)$/.test(name))
      delete environment[name]
  return execute(command, args, { ...options, env: { ...environment, ...env }, maxBuffer: 2 ** 26 })
}

/** Calls `work` with each item, at most two at a time. */
export async function eachOf(items, work) {
  const queue = [...items]
  const next = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all([next(), next()])
}

/** The published packages: folder, manifest. */
export const published = ['packages', 'apps'].flatMap(parent =>
  readdirSync(join(root, parent))
    .map(name => ({
      folder: `${parent}/${name}`,
      manifest: readJson(join(root, parent, name, 'package.json')),
    }))
    .filter(({ manifest }) => !manifest.private),
)

/**
 * An empty folder outside the repository, so that nothing of the repository's own node_modules is found from there. It goes when
 * the process ends.
 */
export function emptyFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `tinystories-${name}-`))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** Packs all; gives the path of each tarball by the name of the package. */
export async function packAll() {
  const destination = emptyFolder('tarballs')
  const workspaces = published.flatMap(({ folder }) => ['-w', folder])
  const { stdout } = await run(
    'npm',
    [
      'pack',
      '--json',
      '--ignore-scripts',
      '--loglevel=error',
      '--pack-destination',
      destination,
      ...workspaces,
    ],
    { cwd: root },
  )
  // npm 11 prints an object by name, older ones a list.
  const packed = Object.values(JSON.parse(stdout))
  return Object.fromEntries(
    packed.map(({ name, filename }) => [
      name,
      join(destination, filename.replace('@', '').replace('/', '-')),
    ]),
  )
}

/** The version that the repository's lockfile has of a package. */
export function lockedVersion(name) {
  return readJson(join(root, 'package-lock.json')).packages[`node_modules/${name}`].version
}

/** Installs packages by name into a folder: ours from their tarballs, others in the version of the lockfile. */
export async function install(folder, names, tarballs) {
  const file = name => `file:${tarballs[name]}`
  const manifest = {
    name: 'stranger',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(
      names.map(name => [name, tarballs[name] ? file(name) : lockedVersion(name)]),
    ),
    // What ours need of ours is in no registry yet.
    overrides: Object.fromEntries(
      Object.keys(tarballs).map(name => [name, names.includes(name) ? `$${name}` : file(name)]),
    ),
    allowScripts: {},
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
  })
}

/** Installs what a folder of .ci needs beside the tools of the repository, where it is not there yet. */
export async function installTools(folder) {
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return
  await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
}

/** The bundlers and runtimes of this folder. */
export async function packedTools() {
  await installTools(tools)
  const tool = path => join(tools, 'node_modules', path)
  return {
    import: async path => import(tool(path)),
    runtimes: {
      'Node 24': [process.execPath],
      'Node 22': [tool('node22/bin/node')],
      'Node 20': [tool('node20/bin/node')],
      Deno: [tool('.bin/deno'), 'run', '--allow-all', '--no-config', '--node-modules-dir=manual'],
      Bun: [tool('.bin/bun'), 'run'],
    },
  }
}
