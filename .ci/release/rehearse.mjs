// Rehearses a release without anything leaving this machine: `npm run release-rehearsal`, from the root, all committed and
// built. Versions are raised in a clone and the packages published to a registry on loopback (verdaccio), twice; then a stranger's
// first minutes, from that registry in empty folders: the command trains and writes, `npm create` makes a page that is built
// and writes in Chromium.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { emptyFolder, installTools, published, readJson, root, run } from '../packed/pack.mjs'
import { readStory } from './read-story.mjs'
import { startRegistry } from './start-registry.mjs'

const started = performance.now()
const tools = fileURLToPath(new URL('.', import.meta.url))
const folder = emptyFolder('release')
const clone = join(folder, 'clone')
let registry

await installTools(tools)
const version = await raiseVersions()
registry = await startRegistry({ tools, folder })
await publish(version)
await useCommand(version)
await usePage()
say('the release can be made')

/** As `npm run release-version`, in a clone. */
async function raiseVersions() {
  await run('git', ['clone', '--quiet', '--shared', root, clone])
  const isPending = readdirSync(join(clone, '.changeset')).some(name => name.endsWith('.md'))
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  await run(join(root, 'node_modules/.bin/changeset'), ['version'], { cwd: clone })
  rmSync(join(clone, 'node_modules'))
  await npm(clone, 'install', '--package-lock-only', '--ignore-scripts')
  const manifests = published.map(({ folder: at }) => ({ at, ...readJson(join(clone, at, 'package.json')) }))
  const [version, ...others] = new Set(manifests.map(manifest => manifest.version))
  if (others.length > 0) throw new Error(`More than one version: ${[version, ...others].join(', ')}`)
  if (isPending && version === published[0].manifest.version) throw new Error('No version was raised')
  const lock = readJson(join(clone, 'package-lock.json'))
  for (const { at, name, publishConfig } of manifests) {
    if (lock.packages[at].version !== version) throw new Error(`The lockfile has another version of ${name}`)
    if (!publishConfig?.provenance) throw new Error(`${name} has no provenance in its publishConfig`)
  }
  say(`${manifests.length} packages and the lockfile at ${version}`)
  return version
}

/** As `npm run release`, and once more: what is there already is not published again. */
async function publish(version) {
  for (const { folder: at } of published) {
    cpSync(join(root, at, 'dist'), join(clone, at, 'dist'), { recursive: true })
    // Provenance needs the identity of a workflow.
    const path = join(clone, at, 'package.json')
    const { publishConfig, ...manifest } = readJson(path)
    writeFileSync(
      path,
      JSON.stringify({ ...manifest, publishConfig: { ...publishConfig, provenance: false } }),
    )
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  const first = await changesetPublish()
  for (const { manifest } of published)
    if (!first.includes(`${manifest.name}@${version}`))
      throw new Error(`${manifest.name} is not published:\n${first}`)
  const second = await changesetPublish()
  console.log(second.trim())
  say(`${published.length} packages published, and none a second time`)
}

async function changesetPublish() {
  const { stdout, stderr } = await run(
    join(root, 'node_modules/.bin/changeset'),
    ['publish', '--no-git-tag'],
    {
      cwd: clone,
      env: registry.environment,
    },
  )
  return stdout + stderr
}

async function useCommand(version) {
  const empty = join(folder, 'command')
  mkdirSync(empty)
  await npm(empty, 'install', '@tinystories/cli')
  const tinystories = async (...args) => {
    const { stdout } = await run(join(empty, 'node_modules/.bin/tinystories'), args, { cwd: empty })
    return stdout.trim()
  }
  const shown = await tinystories('--version')
  if (shown !== version) throw new Error(`--version says ${shown}`)
  const size = '--steps 2 --hidden 16 --layers 1 --heads 2 --context 32 --vocab-size 400 --out run'
  await tinystories('train', ...size.split(' '))
  const story = await tinystories('generate', '--model', 'run', '--max-tokens', '10')
  if (!story.startsWith('Once upon a time')) throw new Error(`generate wrote ${story}`)
  say(`tinystories ${shown} trains and writes: ${story}`)
}

async function usePage() {
  const { stdout } = await npm(folder, 'create', '--yes', '@tinystories', 'my-page')
  console.log(stdout.trim())
  const page = join(folder, 'my-page')
  // What is there already is refused, in one line.
  const { stderr } = await npm(folder, 'create', '--yes', '@tinystories', 'my-page').catch(error => error)
  if (!stderr.startsWith('my-page is not empty.')) throw new Error(`A folder that is there: ${stderr}`)
  await npm(page, 'install')
  await npm(page, 'run', 'build')
  if (!existsSync(join(page, 'dist/index.html'))) throw new Error('The page is not built')
  say(`the page writes: ${await readStory(join(page, 'dist'))}`)
}

function npm(cwd, ...args) {
  return run('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env: registry?.environment,
  })
}

function say(text) {
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s: ${text}`)
}
