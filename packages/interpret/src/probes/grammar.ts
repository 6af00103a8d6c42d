import type { ProbeItem } from './probe-item.ts'
import {
  actions,
  animals,
  boys,
  colors,
  feelings,
  girls,
  places,
  qualities,
  sizes,
  things,
  touches,
} from './words.ts'

/** Pairs of one phenomenon: prompt, right ending, wrong ending. */
type Pairs = [prompt: string, right: string, wrong: string, ...shares: string[]][]

/** How many pairs of each phenomenon are kept. */
const pairsEach = 50
const people = [...girls, ...boys]

function cross<A, B, C>(
  as: readonly A[],
  bs: readonly B[],
  cs: readonly C[],
  pair: (a: A, b: B, c: C) => [string, string, string],
): Pairs {
  return as.flatMap(a =>
    bs.flatMap(b =>
      cs.map((c): Pairs[number] => [...pair(a, b, c), ...[a, b, c].map(each => JSON.stringify(each))]),
    ),
  )
}

const irregularPasts: [verb: string, past: string, wrong: string, rest: string][] = [
  ['go', 'went', 'goed', 'home'],
  ['run', 'ran', 'runned', 'away'],
  ['find', 'found', 'finded', 'a coin'],
  ['eat', 'ate', 'eated', 'an apple'],
  ['see', 'saw', 'seed', 'a bird'],
  ['give', 'gave', 'gived', 'it back'],
  ['come', 'came', 'comed', 'inside'],
  ['take', 'took', 'taked', 'the ball'],
  ['make', 'made', 'maked', 'a cake'],
  ['sit', 'sat', 'sitted', 'down'],
]
const irregularPlurals: [plural: string, wrong: string][] = [
  ['mice', 'mouses'],
  ['children', 'childs'],
  ['men', 'mans'],
  ['women', 'womans'],
  ['teeth', 'tooths'],
  ['feet', 'foots'],
  ['leaves', 'leafs'],
  ['geese', 'gooses'],
  ['wolves', 'wolfs'],
  ['knives', 'knifes'],
]
const vowelThings = [
  'apple',
  'egg',
  'orange',
  'owl',
  'umbrella',
  'animal',
  'elephant',
  'ant',
  'old hat',
  'idea',
]
const numbers: string[] = ['two', 'three', 'four', 'five', 'many']
const openers = ['The', 'One day, the', 'Then the', 'In the garden, the', 'Soon the']
const sentences = ['Every day,', 'Now', 'Sometimes', 'In the morning,', 'Today']

/** The phenomena, each with at least as many pairs as are kept. */
const phenomena: Record<string, Pairs> = {
  'be after a singular subject': cross(openers, animals, feelings, (opener, [one], feeling) => [
    `${opener} ${one}`,
    ` was very ${feeling}.`,
    ` were very ${feeling}.`,
  ]),
  'be after a plural subject': cross(openers, animals, feelings, (opener, [, many], feeling) => [
    `${opener} two ${many}`,
    ` were very ${feeling}.`,
    ` was very ${feeling}.`,
  ]),
  'agreement across a distractor': cross(animals, things, feelings, ([one], [, many], feeling) => [
    `The ${one} with the ${many}`,
    ` is ${feeling}.`,
    ` are ${feeling}.`,
  ]),
  'third person s': cross(sentences, people, actions, (sentence, name, [base, third]) => [
    `${sentence} ${name}`,
    ` ${third} in the park.`,
    ` ${base} in the park.`,
  ]),
  'plural subject without s': cross(sentences, animals, actions, (sentence, [, many], [base, third]) => [
    `${sentence} the ${many}`,
    ` ${base} in the park.`,
    ` ${third} in the park.`,
  ]),
  'have and has': cross(people, things, colors, (name, [one], color) => [
    `Look, ${name}`,
    ` has a ${color} ${one}.`,
    ` have a ${color} ${one}.`,
  ]),
  'there is and there are': cross(places, things, numbers, (place, [, many], number) => [
    `In the ${place} there`,
    ` are ${number} ${many}.`,
    ` is ${number} ${many}.`,
  ]),
  'past tense after yesterday': cross(people, actions, places, (name, [, third, past], place) => [
    `Yesterday ${name}`,
    ` ${past} in the ${place}.`,
    ` ${third} in the ${place}.`,
  ]),
  'irregular past': cross(people, irregularPasts, ['Then', 'So'], (name, [, past, wrong, rest], then) => [
    `${then} ${name}`,
    ` ${past} ${rest}.`,
    ` ${wrong} ${rest}.`,
  ]),
  'base form after did': cross(people, touches, things, (name, [base, past], [one]) => [
    `"Did ${name}`,
    ` ${base} the ${one}?"`,
    ` ${past} the ${one}?"`,
  ]),
  'base form after to': cross(people, actions, places, (name, [base, , past], place) => [
    `${name} wanted to`,
    ` ${base} in the ${place}.`,
    ` ${past} in the ${place}.`,
  ]),
  'base form after can': cross(people, actions, places, (name, [base, third], place) => [
    `${name} can`,
    ` ${base} in the ${place}.`,
    ` ${third} in the ${place}.`,
  ]),
  progressive: cross(animals, actions, places, ([one], [base, , , ing], place) => [
    `The ${one} was`,
    ` ${ing} in the ${place}.`,
    ` ${base} in the ${place}.`,
  ]),
  'subject pronoun': cross(
    ['Then', 'So', 'After that,', 'One day,', 'Later,'],
    [
      ['he', 'him'],
      ['she', 'her'],
      ['they', 'them'],
      ['we', 'us'],
    ] as const,
    actions,
    (then, [subject, object], [, , past]) => [
      then,
      ` ${subject} ${past} in the park.`,
      ` ${object} ${past} in the park.`,
    ],
  ),
  'object pronoun': cross(
    people,
    [
      ['him', 'he'],
      ['her', 'she'],
      ['them', 'they'],
    ] as const,
    ['hugged', 'helped', 'saw'],
    (name, [object, subject], verb) => [
      `${name} ${verb}`,
      ` ${object} and smiled.`,
      ` ${subject} and smiled.`,
    ],
  ),
  'reflexive pronoun': [
    ...cross(girls, things, ['saw', 'hurt'], (name, [one], verb): [string, string, string] => [
      `${name} took the ${one} and ${verb}`,
      ' herself.',
      ' himself.',
    ]),
    ...cross(boys, things, ['saw', 'hurt'], (name, [one], verb): [string, string, string] => [
      `${name} took the ${one} and ${verb}`,
      ' himself.',
      ' herself.',
    ]),
  ],
  'article before a vowel': cross(people, vowelThings, ['saw', 'had'], (name, thing, verb) => [
    `${name} ${verb}`,
    ` an ${thing}.`,
    ` a ${thing}.`,
  ]),
  'singular after an article': cross(people, things, colors, (name, [one, many], color) => [
    `${name} found a ${color}`,
    ` ${one}.`,
    ` ${many}.`,
  ]),
  'plural after a number': cross(people, things, numbers, (name, [one, many], number) => [
    `${name} found ${number}`,
    ` ${many} in the box.`,
    ` ${one} in the box.`,
  ]),
  'irregular plural': cross(people, irregularPlurals, numbers, (name, [plural, wrong], number) => [
    `${name} saw ${number}`,
    ` ${plural}.`,
    ` ${wrong}.`,
  ]),
  'this and these': cross(feelings.slice(0, 5), things, colors, (_, [one, many], color) => [
    '"Look at',
    ` these ${color} ${many}," said Mom.`,
    ` these ${color} ${one}," said Mom.`,
  ]),
  'many and much': cross(people, things, places, (name, [, many], place) => [
    `${name} saw so`,
    ` many ${many} in the ${place}.`,
    ` much ${many} in the ${place}.`,
  ]),
  negation: cross(people, touches, things, (name, [base, past], [one]) => [
    `${name} did not`,
    ` ${base} the ${one}.`,
    ` ${past} the ${one}.`,
  ]),
  'order in questions': cross(animals, ['Where', 'Why', 'How'], feelings, ([one], question, feeling) => [
    `"${question}`,
    question === 'Where' ? ` is the ${feeling} ${one}?"` : ` is the ${one} so ${feeling}?"`,
    question === 'Where' ? ` the ${feeling} ${one} is?"` : ` the ${one} is so ${feeling}?"`,
  ]),
  comparative: cross(animals, qualities, [1, 3], ([one], [plain, more], further) => {
    const other = animals[(animals.findIndex(([each]) => each === one) + further) % animals.length]![0]
    return [`The ${one} was`, ` ${more} than the ${other}.`, ` ${plain} than the ${other}.`]
  }),
  superlative: cross(animals, qualities, places, ([one], [, more, most], place) => [
    `The ${one} was the`,
    ` ${most} in the ${place}.`,
    ` ${more} in the ${place}.`,
  ]),
  'order of adjectives': cross(sizes, colors, things, (size, color, [one]) => [
    'She had a',
    ` ${size} ${color} ${one}.`,
    ` ${color} ${size} ${one}.`,
  ]),
  'order of verb and object': cross(people, touches, things, (name, [, past], [one]) => [
    name,
    ` ${past} the ${one}.`,
    ` the ${one} ${past}.`,
  ]),
}

/** Minimal pairs of grammar in simple words: 28 phenomena, 50 pairs each. */
export const grammarItems: readonly ProbeItem[] = Object.entries(phenomena).flatMap(([phenomenon, pairs]) =>
  spread(pairs.filter(([, right, wrong]) => right !== wrong)).map(
    ([prompt, right, wrong, ...shares]): ProbeItem => ({
      ...{ kind: 'grammar', phenomenon, prompt, right, wrong: [wrong] },
      shares,
    }),
  ),
)

/** As many different pairs as are kept, spread over all combinations by a stride that shares no factor with them. */
function spread(pairs: Pairs): Pairs {
  const different = [...new Map(pairs.map(pair => [pair.slice(0, 3).join('|'), pair])).values()]
  let stride = Math.round(different.length * 0.618)
  while (greatestCommonDivisor(stride, different.length) > 1) stride++
  return Array.from({ length: pairsEach }, (_, at) => different[(at * stride) % different.length]!)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
