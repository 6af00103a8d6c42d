import { Random } from '@tinystories/utils/random'

const openings = ['Long ago', 'One morning', 'Last summer', 'On a rainy day', 'Before lunch', 'Far away']
const heroes = ['Mila', 'Otto', 'a small owl', 'the baker', 'Nino', 'an old hen', 'Rosa', 'two friends']
const places = [
  'by the pond',
  'in the attic',
  'under a bridge',
  'near the mill',
  'at the fair',
  'on the hill',
]
const ends = [
  'They slept well.',
  'It was late.',
  'Nobody was cross.',
  'The moon came up.',
  'All was quiet again.',
]

/** Plays a story client: a short tale that uses the quoted words of a request, the same one for the same request. */
export function fakeStory(request: string): string {
  const [verb, noun, adjective] = [...request.matchAll(/use "([^"]+)"|, "([^"]+)" as|and "([^"]+)" to/g)].map(
    match => match[1] ?? match[2] ?? match[3]!,
  )
  const random = new Random([...request].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7))
  const pick = (list: readonly string[]): string => list[random.integer(list.length)]!
  const line = (): string =>
    `${pick(openings)} ${pick(heroes)} went ${pick(places)} with ${1 + random.integer(90)} ${pick(['shells', 'buttons', 'acorns', 'drums'])}.`
  const lines = Array.from({ length: 7 }, line)
  const tale = `${lines.slice(0, 3).join(' ')}\n\n"May I ${verb} it?" asked ${pick(heroes)}. There stood a ${adjective} ${noun}.\n\n${lines.slice(3).join(' ')} ${pick(ends)}`
  return request.includes('Summary:') ? `${tale}\n\nSummary: ${pick(heroes)} and the ${noun} met.` : tale
}
