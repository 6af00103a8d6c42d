import { utf8Length } from '../bytes/utf8.ts'
import { fromText } from '../formats/records/story-record.ts'
import { fieldsOf } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'

/** Stories in memory; positions are indices. Strings are trimmed and blank ones left out, as in files. */
export function listSource(list: readonly (Story | string)[]): Stage<Story> {
  const storyAt = (index: number): Story | undefined => {
    const item = list[index]
    return typeof item === 'string' ? fromText(item) : item
  }
  return {
    recipe: [`list of ${list.length}`],
    count: () => list.length,
    open(_context, from) {
      let index = (from === undefined ? 0 : fieldsOf(from).index) as number
      let bytes = (from === undefined ? 0 : fieldsOf(from).bytes) as number
      return {
        async next() {
          while (index < list.length) {
            const at = index++
            const story = storyAt(at)
            if (story === undefined) continue
            bytes += utf8Length(story.text)
            return { value: story, at }
          }
          return undefined
        },
        state: () => ({ index, bytes }),
        bytesRead: () => bytes,
        close: async () => {},
      }
    },
    restore: async positions => positions.map(position => storyAt(position as number)!),
    async bytesTotal() {
      let bytes = 0
      for (let index = 0; index < list.length; index++) bytes += utf8Length(storyAt(index)?.text ?? '')
      return bytes
    },
  }
}
