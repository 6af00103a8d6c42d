// Builds the documentation site into apps/docs/dist and checks its links: `npm run site`, from the root.
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Application } from 'typedoc'
import { brokenLinks } from './broken-links.mjs'
import { withContentPolicy } from './content-policy.mjs'
import { entriesOf } from './entries-of.mjs'

const root = join(import.meta.dirname, '../../..')
const out = join(import.meta.dirname, '../dist')
// Types that are not exported are named without a page of their own.
const common = { validation: false, logLevel: 'Error', disableSources: true, excludeInternal: true }

/** The API of a package as typedoc keeps it, in a file. */
async function describePackage(path, folder) {
  const at = join(root, dirname(path))
  const { name, exports } = JSON.parse(readFileSync(join(root, path), 'utf8'))
  const app = await Application.bootstrap({
    ...common,
    name,
    // Entries are called by their folders: files, generation.
    basePath: join(at, 'src'),
    entryPoints: entriesOf(exports).map(entry => join(at, entry)),
    tsconfig: join(at, 'tsconfig.json'),
    // npm run check finds the errors of types.
    skipErrorChecking: true,
    readme: existsSync(join(at, 'README.md')) ? join(at, 'README.md') : 'none',
  })
  const project = await app.convert()
  if (project === undefined) throw new Error(`${name} cannot be read`)
  const file = join(folder, `${name.replace(/.*\//, '')}.json`)
  await app.generateJson(project, file)
  return file
}

const isPublished = path => !JSON.parse(readFileSync(join(root, path), 'utf8')).private
const folder = mkdtempSync(join(tmpdir(), 'tinystories-docs-'))
try {
  const described = []
  for (const path of globSync('packages/*/package.json', { cwd: root }).filter(isPublished))
    described.push(await describePackage(path, folder))
  rmSync(out, { recursive: true, force: true })
  const app = await Application.bootstrap({
    ...common,
    name: 'TinyStories',
    basePath: root,
    readme: join(root, 'README.md'),
    entryPointStrategy: 'merge',
    entryPoints: described,
    projectDocuments: ['docs/guides/*.md', 'docs/*.md', 'apps/{cli,create}/README.md'].map(path =>
      join(root, path),
    ),
    searchInDocuments: true,
    searchInComments: true,
    headings: { readme: false, document: false },
    hideGenerator: true,
    customCss: join(import.meta.dirname, '../style.css'),
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('The packages cannot be put together')
  await app.generateDocs(project, out)
  if (app.logger.hasErrors()) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

// Folders that READMEs link to: those with a page here, else the repository's.
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const tree = `${repository.url.replace(/^git\+|\.git$/g, '')}/tree/main`
const folders = {
  cli: 'documents/apps_cli_README.html',
  create: 'documents/apps_create_README.html',
  pipeline: 'modules/_tinystories_pipeline.html',
  demo: `${tree}/apps/demo`,
  benchmarks: `${tree}/benchmarks`,
  '2026-paper-on-two-cores': `${tree}/studies/2026-paper-on-two-cores`,
}
for (const page of globSync('**/*.html', { cwd: out })) {
  const path = join(out, page)
  const up = '../'.repeat(page.split('/').length - 1)
  const text = readFileSync(path, 'utf8')
  const linked = text.replaceAll(/href="(?:\.\.\/)*media\/([\w-]+)"/g, (whole, name) => {
    const to = folders[name]
    return to === undefined ? whole : `href="${to.startsWith('http') ? to : up + to}"`
  })
  writeFileSync(path, withContentPolicy(linked))
}

const broken = brokenLinks(out)
for (const link of broken) console.error(`leads nowhere: ${link}`)
if (broken.length > 0) process.exitCode = 1
console.log(
  `${globSync('**/*.html', { cwd: out }).length} pages in apps/docs/dist, ${broken.length} broken links`,
)
