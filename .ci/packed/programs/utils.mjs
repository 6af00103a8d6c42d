import { defineError } from '@tinystories/utils/errors'
import { html } from '@tinystories/utils/html'
import { Random } from '@tinystories/utils/random'
import { retry } from '@tinystories/utils/retry'
import { parseJson } from '@tinystories/utils/schema'
import { countWords } from '@tinystories/utils/text'

const Missing = defineError('Missing', {
  none: ({ name }) => ({ problem: `No ${name}.`, remedy: 'Add it.' }),
})

export default async function run() {
  const { seed } = parseJson('{"seed": 7}', { source: 'program' })
  const order = new Random(seed).shuffle([1, 2, 3, 4])
  const same = new Random(seed).shuffle([1, 2, 3, 4])
  const words = await retry(async () => countWords('Tom had a kite.'), { retries: 1 })
  return [
    String(order) === String(same),
    words,
    String(html`<b>${'<'}</b>`),
    new Missing('none', { name: 'x' }).code,
  ]
}
export const expected = [true, 4, '<b>&lt;</b>', 'none']
