// Keeps in step what the manifests of all published packages say about where the code lies: repository, homepage and
// bugs follow `repository` in the package.json of the root, the one place to change the address.
//
// `node .ci/manifests.mjs` writes them, `node .ci/manifests.mjs --check` exits with 1 where one differs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const readJson = path => JSON.parse(readFileSync(path, 'utf8'))
const { url } = readJson('package.json').repository
const site = url.replace(/^git\+/, '').replace(/\.git$/, '')

const differing = []
for (const parent of ['packages', 'apps'])
  for (const name of readdirSync(parent)) {
    const directory = `${parent}/${name}`
    const path = `${directory}/package.json`
    const manifest = readJson(path)
    if (manifest.private) continue
    const wanted = {
      repository: { type: 'git', url, directory },
      homepage: `${site}/tree/main/${directory}#readme`,
      bugs: `${site}/issues`,
    }
    const isCurrent = Object.entries(wanted).every(
      ([field, value]) => JSON.stringify(manifest[field]) === JSON.stringify(value),
    )
    if (!(manifest.keywords?.length >= 3)) differing.push(`${path}: fewer than three keywords`)
    if (isCurrent) continue
    differing.push(`${path}: not the address of the root`)
    if (process.argv.includes('--check')) continue
    writeFileSync(path, `${JSON.stringify(withFields(manifest, wanted), null, 2)}\n`)
  }

if (process.argv.includes('--check') && differing.length > 0) {
  console.error(differing.join('\n'))
  process.exitCode = 1
} else console.log(`${site}: ${differing.length} manifests differed`)

/** The fields stand behind the license. */
function withFields(manifest, fields) {
  const entries = Object.entries(manifest).filter(([field]) => !(field in fields))
  const at = entries.findIndex(([field]) => field === 'license') + 1
  return Object.fromEntries([...entries.slice(0, at), ...Object.entries(fields), ...entries.slice(at)])
}
