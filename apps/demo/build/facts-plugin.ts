import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { corpusFacts } from './corpus-facts.ts'
import { type StudyFacts, studyFacts } from './study-facts.ts'

const root = new URL('../../../', import.meta.url)

/**
 * What the page knows from the build: `virtual:corpus-facts` of the bundled corpus, `virtual:study-facts` of `studies/`, and
 * `virtual:model-sizes`, the bytes of each file under `models/`.
 */
export function factsPlugin(): Plugin {
  const makers: Record<string, () => unknown> = {
    'virtual:corpus-facts': readCorpus,
    'virtual:study-facts': readStudy,
    'virtual:model-sizes': readSizes,
  }
  return {
    name: 'facts',
    resolveId: id => (id in makers ? `\0${id}` : undefined),
    load: id => {
      const make = makers[id.slice(1)]
      return id.startsWith('\0') && make ? `export default ${JSON.stringify(make())}` : undefined
    },
  }
}

function readCorpus(): unknown {
  const lines = readFileSync(new URL('packages/dataset/corpus/stories.jsonl', root), 'utf8').split('\n')
  return corpusFacts(
    lines.filter(line => line !== '').map(line => (JSON.parse(line) as { text: string }).text),
  )
}

function readSizes(): Record<string, number> {
  const folder = new URL('../models/', import.meta.url)
  const paths = globSync('**/*.{safetensors,int8,json}', { cwd: fileURLToPath(folder) })
  return Object.fromEntries(
    paths.map(path => [path.replaceAll('\\', '/'), statSync(new URL(path, folder)).size]),
  )
}

/** Of the newest study that has a report; null where none has. */
function readStudy(): StudyFacts | null {
  const folder = new URL('studies/', root)
  const reports = existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .reverse()
        .map(name => new URL(`${name}/report.json`, folder))
        .filter(file => existsSync(file))
    : []
  return reports[0] ? studyFacts(JSON.parse(readFileSync(reports[0], 'utf8'))) : null
}
