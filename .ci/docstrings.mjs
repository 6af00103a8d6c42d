// Checks that whatever a published package exports has a docstring: `node .ci/docstrings.mjs`, from the root.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const declared =
  /^(?:export )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let) /

/** Every exported name of a module with the file that declares it and its name there. */
function* exportsOf(file, source = readFileSync(file, 'utf8')) {
  const at = path => join(dirname(file), path)
  for (const [, path] of source.matchAll(/^export \* from '(\..+?)'/gm)) yield* exportsOf(at(path))
  for (const [, names, path] of source.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '(\..+?)')?/gm)) {
    for (const name of names.split(',').map(each => each.trim().replace(/^type /, ''))) {
      if (name === '') continue
      const [inner, outer = inner] = name.split(/\s+as\s+/)
      yield path === undefined
        ? { name: outer, inner, file: importedFrom(inner, source, at) ?? file }
        : { name: outer, inner, file: at(path) }
    }
  }
  const own =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let) (\w+)/gm
  for (const [, name] of source.matchAll(own)) yield { name, inner: name, file }
}

function importedFrom(name, source, at) {
  for (const [, names, path] of source.matchAll(/^import (?:type )?\{([^}]*)\} from '(\..+?)'/gm))
    if (new RegExp(`\\b${name}\\b`).test(names)) return at(path)
  return undefined
}

/** Whether the declaration has a comment of the kind that editors show; undefined where there is no declaration. */
function isDocumented({ inner, file }) {
  const lines = readFileSync(file, 'utf8').split('\n')
  const line = lines.findIndex(
    text => declared.test(text) && text.replace(declared, '').match(/^\w+/)?.[0] === inner,
  )
  if (line < 0) {
    // Handed on by this file as well.
    const further = [...exportsOf(file)].find(each => each.name === inner && each.file !== file)
    return further && isDocumented(further)
  }
  let above = line - 1
  while (/^\s*\/\/ biome-ignore/.test(lines[above] ?? '')) above--
  return /\*\/\s*$/.test(lines[above] ?? '')
}

const missing = []
let count = 0
for (const folder of readdirSync('packages').map(name => join('packages', name))) {
  if (!existsSync(join(folder, 'package.json'))) continue
  const { name, private: isPrivate, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (isPrivate) continue
  const entries = [...JSON.stringify(exports).matchAll(/"\.\/(src\/[^"]+\.ts)"/g)].map(([, path]) => path)
  const seen = new Map()
  for (const entry of entries)
    for (const each of exportsOf(join(folder, entry))) seen.set(`${each.file} ${each.inner}`, each)
  count += seen.size
  for (const each of seen.values()) {
    const documented = isDocumented(each)
    if (documented === undefined) missing.push(`${name}: ${each.name} is not found in ${each.file}`)
    else if (!documented) missing.push(`${name}: ${each.name} in ${each.file}`)
  }
}
for (const line of missing) console.error(line)
console.log(`${count} exports, ${missing.length} without a docstring`)
process.exitCode = missing.length === 0 ? 0 : 1
