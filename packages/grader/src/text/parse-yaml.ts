import { messageOf } from '@tinystories/utils/errors'
import { InputError, parseJson } from '@tinystories/utils/schema'
import { isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { GraderError } from '../errors.ts'

/** Characters of YAML that is no JSON: hundreds of prompts, and less than a second for the worst of files. JSON has no such limit. */
const MAX_LENGTH = 2 ** 16
/** Lists and objects in each other; the parser calls itself for each. */
const MAX_DEPTH = 128

/**
 * A value from YAML or JSON text (JSON is YAML). Windows editors put a byte order mark first. Aliases, which can expand
 * without limit, are refused, as are keys that come twice.
 *
 * @throws GraderError `not-yaml`; InputError `too-deep`, `too-large`
 */
export function parseYaml(text: string, source: string): unknown {
  const content = text.replace(/^\ufeff/, '')
  // JSON.parse is a hundred times as fast.
  if (/^\s*[[{]/.test(content) && isJson(content)) return parseJson(content, { source })
  if (content.length > MAX_LENGTH)
    throw new InputError('too-large', { source, bytes: content.length, limit: MAX_LENGTH })
  if (isTooDeep(content)) throw new InputError('too-deep', { source, limit: MAX_DEPTH })
  try {
    return parseContent(content)
  } catch (error) {
    const problem = messageOf(error).split('\n')[0]!.replace(/:$/, '')
    throw new GraderError('not-yaml', { source, problem }, { cause: error })
  }
}

function parseContent(content: string): unknown {
  const lineCounter = new LineCounter()
  // For `prettyErrors` each error copies its line, and for `uniqueKeys` each key is compared with each: both take
  // minutes for a file that is made for it.
  const options = { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const
  const document = parseDocument(content, options)
  const fail = (problem: string, at: number): never => {
    const { line, col } = lineCounter.linePos(at)
    throw new Error(`${problem} at line ${line}, column ${col}`)
  }
  const [first] = document.errors
  if (first) fail(first.message, first.pos[0])
  visit(document, {
    Map(_, { items }) {
      const names = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (names.has(key.value)) fail('Map keys must be unique', key.range?.[0] ?? 0)
        names.add(key.value)
      }
    },
  })
  return document.toJS({ maxAliasCount: 0 })
}

/** Whether brackets, or what begins a line, nest deeper than {@link MAX_DEPTH}; brackets in texts count, too. */
function isTooDeep(content: string): boolean {
  let depth = 0
  for (const character of content) {
    if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
    if (depth > MAX_DEPTH) return true
  }
  // Each level of a block takes a character at least of what stands before its first text.
  return new RegExp(`^(?:[-?:][ \\t]+|[ \\t]){${MAX_DEPTH},}\\S`, 'm').test(content)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
