// Imported first by what needs the pinned Node: stops with one line under another major version.
import { readFileSync } from 'node:fs'

const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [wanted] = devDependencies.node.split('.')
if (process.versions.node.split('.')[0] !== wanted) {
  process.stderr.write(
    `This needs Node ${wanted}; this is Node ${process.versions.node} (${process.execPath}). ` +
      'Use `npm test` or `npx vitest` in the repository: they run the Node that `npm ci` installs.\n',
  )
  process.exit(1)
}
