import type { ProbeItem, ProbeKind } from './probe-item.ts'
import { animals, boys, girls, things } from './words.ts'

type Row = [prompt: string, right: string, ...wrong: string[]]

const facts: Row[] = [
  ['The sun was high up in the', 'sky', 'bed', 'cup', 'shoe'],
  ['The fish lived in the', 'water', 'sky', 'oven', 'tree'],
  ['The bird sat in its', 'nest', 'spoon', 'car', 'milk'],
  ['It was raining, so Mom opened her', 'umbrella', 'cake', 'nose', 'flower'],
  ['Ben was thirsty, so he drank some', 'water', 'stones', 'sand', 'chairs'],
  ['Anna was hungry, so she ate some', 'bread', 'paper', 'stones', 'chairs'],
  ['It was dark, so Dad turned on the', 'light', 'apple', 'grass', 'cat'],
  ['The cow gave them fresh', 'milk', 'books', 'hats', 'snow'],
  ['The bees made sweet', 'honey', 'shoes', 'snow', 'cars'],
  ['In winter the garden was white with', 'snow', 'milk', 'sand', 'apples'],
  ['At night Tom could see the moon and the', 'stars', 'spoons', 'shoes', 'cakes'],
  ['The leaves on the tree were', 'green', 'loud', 'sleepy', 'hungry'],
  ['The fire was very', 'hot', 'wet', 'cold', 'sleepy'],
  ['The ice was very', 'cold', 'hot', 'hungry', 'loud'],
  ['The dog wagged its', 'tail', 'hat', 'spoon', 'book'],
  ['Mia brushed her teeth and went to', 'bed', 'spoon', 'apple', 'snow'],
  ['The cat said', 'meow', 'woof', 'moo', 'quack'],
  ['The dog said', 'woof', 'meow', 'moo', 'quack'],
  ['The duck said', 'quack', 'woof', 'meow', 'moo'],
  ['The baby was sad and began to', 'cry', 'cook', 'drive', 'read'],
  ['Sara was sick, so Mom took her to the', 'doctor', 'circus', 'beach', 'moon'],
  ['They built a castle out of', 'sand', 'milk', 'music', 'rain'],
  ['Jack put on his shoes on his', 'feet', 'ears', 'nose', 'eyes'],
  ['The rabbit liked to eat', 'carrots', 'stones', 'shoes', 'books'],
  ['The monkey ate a yellow', 'banana', 'stone', 'shoe', 'book'],
  ['The grass in the park was', 'green', 'loud', 'hungry', 'sweet'],
  ['Sugar and honey are', 'sweet', 'loud', 'sad', 'fast'],
  ['Mom baked a cake in the', 'oven', 'pond', 'tree', 'bed'],
  ['The boat went across the', 'lake', 'bed', 'spoon', 'nose'],
  ['The plane flew in the', 'sky', 'cup', 'box', 'shoe'],
  ['He heard the music with his', 'ears', 'feet', 'knees', 'hair'],
  ['She saw the rainbow with her', 'eyes', 'feet', 'knees', 'hair'],
  ['The chicken laid an', 'egg', 'apple', 'hour', 'ice cube'],
  ['On her birthday, Emma got many', 'presents', 'clouds', 'winters', 'noses'],
  ['The teacher works at the', 'school', 'moon', 'pond', 'nest'],
  ['To cut the paper, Max used', 'scissors', 'milk', 'a pillow', 'a flower'],
  ['She read a story from a big', 'book', 'spoon', 'stone', 'shoe'],
  ['Apples grow on', 'trees', 'beds', 'cars', 'spoons'],
  ['The night was over and the sun came', 'up', 'home', 'off', 'under'],
  ['When ice gets warm, it turns into', 'water', 'stones', 'wood', 'gold'],
]

const pairsOfAnimals = animals.map(([one], at) => [one, animals[(at + 3) % animals.length]![0]] as const)
const pairsOfThings = things.map(([one], at) => [one, things[(at + 4) % things.length]![0]] as const)
const hidingPlaces = [
  ['box', 'bag'],
  ['garden', 'kitchen'],
  ['drawer', 'basket'],
  ['car', 'tent'],
  ['cup', 'bowl'],
] as const

/** Something is ruled out, so that the other thing follows; in both orders, so that position alone cannot decide. */
const reasoning: Row[] = [
  ...girls.flatMap(girl =>
    pairsOfAnimals.flatMap(([a, b]): Row[] => [
      [`${girl} wanted a ${a} or a ${b}. Her mom said no ${b}. So ${girl} got a`, a, b],
      [`${girl} wanted a ${a} or a ${b}. Her mom said no ${a}. So ${girl} got a`, b, a],
    ]),
  ),
  ...boys.slice(0, 3).flatMap(boy =>
    pairsOfThings.flatMap(([a, b]): Row[] => [
      [
        `The ${a} was in the box and the ${b} was on the bed. ${boy} opened the box. In it he found the`,
        a,
        b,
      ],
      [
        `The ${a} was on the bed and the ${b} was in the box. ${boy} opened the box. In it he found the`,
        b,
        a,
      ],
    ]),
  ),
]

/** Something that the story said before has to be remembered; also in both orders. */
const context: Row[] = [
  ...hidingPlaces.flatMap(([first, second], at) =>
    things.flatMap(([one]): Row[] => {
      const girl = girls[at]!
      const later = `Later, ${girl} wanted her ${one}, so she looked in the`
      return [
        [
          `${girl} put her ${one} in the ${first}. Her brother stood near the ${second}. ${later}`,
          first,
          second,
        ],
        [
          `Her brother stood near the ${first}. ${girl} put her ${one} in the ${second}. ${later}`,
          second,
          first,
        ],
      ]
    }),
  ),
  ...girls.slice(0, 3).flatMap((girl, at) =>
    pairsOfAnimals.flatMap(([a, b]): Row[] => {
      const boy = boys[at]!
      return [
        [`${boy} had a ${a} and ${girl} had a ${b}. They went to the park. ${boy} called his`, a, b],
        [`${boy} had a ${a} and ${girl} had a ${b}. They went to the park. ${girl} called her`, b, a],
      ]
    }),
  ),
]

const itemsOf = (kind: ProbeKind, rows: readonly Row[]): ProbeItem[] =>
  rows.map(([prompt, right, ...wrong]) => ({
    kind,
    phenomenon: kind,
    prompt,
    right: ` ${right}`,
    wrong: wrong.map(word => ` ${word}`),
    shares: [[right, ...wrong].sort().join(), templateOf(prompt, [right, ...wrong])],
  }))

/** The prompt without its names, animals and things. */
function templateOf(prompt: string, endings: readonly string[]): string {
  const filled = new Set([...girls, ...boys, ...[...animals, ...things].map(([one]) => one), ...endings])
  return prompt.replaceAll(/\w+/g, word => (filled.has(word) ? '_' : word))
}

/** Endings that follow from knowledge of the world, from the rest of the story by reasoning, or from its context. */
export const storyItems: readonly ProbeItem[] = [
  ...itemsOf('facts', facts),
  ...itemsOf('reasoning', reasoning),
  ...itemsOf('context', context),
]
