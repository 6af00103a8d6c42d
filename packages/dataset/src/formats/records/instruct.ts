import type { Story } from '../../stream/story.ts'
import { fromText } from './story-record.ts'

/** The names before the parts of a record of TinyStories-Instruct. */
const partPattern = /^(Words|Features|Summary|Random sentence|Story):[ \t]*(.*)$/

/** Whether a text begins as TinyStories-Instruct does: with a part, and with a story further on. */
export function isInstructHead(head: string): boolean {
  return partPattern.test(head.trimStart().split('\n', 1)[0]!.trimEnd()) && /^Story:/m.test(head)
}

/**
 * The story of one record of TinyStories-Instruct: lines of words, features, a summary and a sentence in any order,
 * then the story. The record up to and including `Story:` becomes the prompt, unchanged.
 *
 * A summary can stand behind the story instead; and where the end of a record is missing, the summary of the story
 * before stands at the beginning of the next one. So the last summary before the story counts, else the one behind it.
 *
 * @param headers accept records without a story, whose text is then empty. Default false.
 * @returns undefined when there is no story, as in a record that is cut off
 */
export function instructStory(record: string, headers = false): Story | undefined {
  const lines = record.replaceAll('\r\n', '\n').trim().split('\n')
  const begin = lines.findIndex(line => line.startsWith('Story:'))
  const asked = new Map<string, string>()
  readParts(begin < 0 ? lines : lines.slice(0, begin), asked)
  if (begin < 0) return asked.size === 0 ? fromText(record) : undefined
  let end = lines.length
  // Parts behind the story end the record; a line of the story itself that looks like one has lines of the story behind it.
  while (end > begin + 1 && (lines[end - 1]!.trim() === '' || isPart(lines[end - 1]!))) end--
  const after = new Map<string, string>()
  readParts(lines.slice(end), after)
  const text = [lines[begin]!.slice('Story:'.length), ...lines.slice(begin + 1, end)].join('\n')
  const story = fromText(text) ?? (headers ? { text: '' } : undefined)
  if (story === undefined) return undefined
  const part = (name: string): string | undefined => asked.get(name) ?? after.get(name)
  const words = part('Words')
  const features = part('Features')
  const summary = part('Summary')
  const sentence = part('Random sentence')
  if (words) story.words = list(words)
  if (features) story.features = list(features)
  if (summary) story.summary = summary
  if (sentence) story.sentence = sentence
  story.prompt = [...lines.slice(0, begin), 'Story:'].join('\n')
  return story
}

const isPart = (line: string): boolean => partPattern.test(line) && !line.startsWith('Story:')

/** The last of each part; a line without a name continues the part before it. */
function readParts(lines: readonly string[], parts: Map<string, string>): void {
  let name: string | undefined
  for (const line of lines) {
    const found = partPattern.exec(line.trimEnd())
    if (found) {
      name = found[1]!
      parts.set(name, found[2]!.trim())
    } else if (name !== undefined && line.trim() !== '') {
      parts.set(name, `${parts.get(name)}\n${line.trim()}`.trim())
    }
  }
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
