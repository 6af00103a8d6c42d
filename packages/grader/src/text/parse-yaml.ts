import { messageOf } from '@tinystories/utils/errors'
import { parse } from 'yaml'
import { GraderError } from '../errors.ts'

/** A value from YAML or JSON text (JSON is YAML). Windows editors put a byte order mark first. */
export function parseYaml(text: string, source: string): unknown {
  const content = text.replace(/^\ufeff/, '')
  try {
    // JSON.parse is a hundred times as fast; aliases, which can expand without limit, are refused.
    return /^\s*[[{]/.test(content) && isJson(content)
      ? JSON.parse(content)
      : parse(content, { maxAliasCount: 0, logLevel: 'error' })
  } catch (error) {
    const problem = messageOf(error).split('\n')[0]!.replace(/:$/, '')
    throw new GraderError('not-yaml', { source, problem }, { cause: error })
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
