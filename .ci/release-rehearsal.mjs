// Rehearses a release without anything leaving this machine: `npm run release-rehearsal`, from the root, all committed.
// Versions are raised in a clone, the packages published to a registry on loopback, installed from it in an empty folder, and
// the command used. The registry is verdaccio, which is fetched for it.
import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve('.')
const folder = mkdtempSync(join(tmpdir(), 'tinystories-release-'))
const clone = join(folder, 'clone')
const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env })
const readJson = path => JSON.parse(readFileSync(path, 'utf8'))
const env = {
  ...process.env,
  ONNXRUNTIME_NODE_INSTALL: 'skip',
  NPM_CONFIG_UPDATE_NOTIFIER: 'false',
  INIT_CWD: undefined,
}
for (const name of Object.keys(env)) if (/^npm_(?!config_registry)/i.test(name)) delete env[name]
let registry

try {
  const upstream = run(root, 'npm', 'config', 'get', 'registry').trim()
  console.log('== build')
  run(root, 'npm', 'run', '--silent', 'build')

  console.log('== versions')
  run(root, 'git', 'clone', '--quiet', '--shared', root, clone)
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  run(clone, join(root, 'node_modules/.bin/changeset'), 'version')
  rmSync(join(clone, 'node_modules'))
  run(clone, 'npm', 'install', '--package-lock-only', '--ignore-scripts')
  const published = globSync('{packages,apps}/*/package.json', { cwd: clone })
    .map(path => ({ at: dirname(path), ...readJson(join(clone, path)) }))
    .filter(manifest => !manifest.private)
  const versions = new Set(published.map(({ version }) => version))
  if (versions.size !== 1) throw new Error(`More than one version: ${[...versions].join(', ')}`)
  const [version] = versions
  if (version === readJson(join(root, 'apps/cli/package.json')).version)
    throw new Error('No version was raised')
  const lock = readJson(join(clone, 'package-lock.json'))
  for (const { at, name } of published)
    if (lock.packages[at].version !== version) throw new Error(`The lockfile has another version of ${name}`)
  console.log(`${published.length} packages and the lockfile at ${version}`)

  console.log('== publish')
  registry = await startRegistry(upstream)
  for (const { at, publishConfig, name } of published) {
    if (!publishConfig?.provenance) throw new Error(`${name} has no provenance in its publishConfig`)
    for (const built of ['dist', 'prepared']) {
      try {
        cpSync(join(root, at, built), join(clone, at, built), { recursive: true })
      } catch (error) {
        if (error.code !== 'ENOENT') throw error
      }
    }
    // Provenance needs the identity of a workflow.
    run(
      join(clone, at),
      'npm',
      'publish',
      '--no-provenance',
      '--ignore-scripts',
      '--loglevel=error',
      ...registry.flags,
    )
  }

  console.log('== install and use')
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  writeFileSync(join(empty, 'package.json'), '{ "name": "empty", "private": true }')
  run(
    empty,
    'npm',
    'install',
    '@tinystories/cli',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...registry.flags,
  )
  const command = join(empty, 'node_modules/.bin/tinystories')
  const shown = run(empty, command, '--version').trim()
  if (shown !== version) throw new Error(`--version says ${shown}`)
  const size = '--steps 2 --hidden 16 --layers 1 --heads 2 --context 32 --vocab-size 400 --out run'.split(' ')
  run(empty, command, 'train', ...size)
  const story = run(empty, command, 'generate', '--model', 'run', '--max-tokens', '10')
  if (!story.startsWith('Once upon a time')) throw new Error(`generate wrote ${story}`)
  console.log(`tinystories ${shown} trains and writes: ${story.trim()}`)
} finally {
  registry?.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function startRegistry(upstream) {
  const tool = join(folder, 'verdaccio')
  mkdirSync(tool)
  // One of its packages names another by a tag that not every mirror has.
  const manifest = {
    private: true,
    dependencies: { verdaccio: '6.10.4' },
    overrides: { 'node-fetch': '2.7.0' },
  }
  writeFileSync(join(tool, 'package.json'), JSON.stringify(manifest))
  run(tool, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error')
  const port = await freePort()
  const address = `http://127.0.0.1:${port}/`
  writeFileSync(
    join(tool, 'config.yaml'),
    `storage: ./storage
uplinks: { upstream: { url: '${upstream}' } }
packages:
  '@tinystories/*': { access: $all, publish: $all }
  '**': { access: $all, proxy: upstream }
max_body_size: 100mb
log: { type: stdout, level: warn }
`,
  )
  const child = spawn(
    process.execPath,
    ['node_modules/verdaccio/bin/verdaccio', '-c', 'config.yaml', '-l', `127.0.0.1:${port}`],
    {
      cwd: tool,
      stdio: 'ignore',
      env,
    },
  )
  const ended = new Promise((_, reject) =>
    child.on('exit', code => reject(new Error(`The registry ended with ${code}`))),
  )
  ended.catch(() => {})
  await Promise.race([isUp(`${address}-/ping`), ended])
  return {
    // Any token: everybody may publish.
    flags: [`--registry=${address}`, `--//127.0.0.1:${port}/:_authToken=rehearsal`],
    stop: () => child.kill(),
  }
}

async function isUp(address) {
  for (;;) {
    if (
      await fetch(address).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await new Promise(done => setTimeout(done, 200))
  }
}

function freePort() {
  return new Promise(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}
