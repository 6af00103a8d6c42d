import { openStories, splitStories, writeTokenShards } from '@tinystories/dataset'
import { instructStories, instructTemplates } from '@tinystories/dataset/instruct'

const stories = Array.from({ length: 10 }, (_, i) => `Tom had ${i} kites. They flew up, up, up.`)

// Records that bring their words: those of plain stories come from a file beside the package.
const wrapped = stories.map(text => ({ text, words: ['kite'], features: [] }))

export default async function run({ isPage }) {
  const { train, heldOut } = splitStories(openStories(stories), { heldOut: 0.2 })
  const [asked] = await instructStories(openStories(wrapped), {
    template: instructTemplates.tinystories,
    seed: 1,
  })
    .take(1)
    .toArray()
  const refused = isPage
    ? await writeTokenShards(openStories(stories), {}, 'shards').catch(error => error.code)
    : 'needs-node'
  return [
    (await train.shuffle({ seed: 1 }).toArray()).length + (await heldOut.toArray()).length,
    asked.text.includes('kites'),
    refused,
  ]
}
export const expected = [10, true, 'needs-node']
