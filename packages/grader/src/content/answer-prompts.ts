import type { AnswerPrompt, PromptKind } from '../measures/answer-prompts.ts'

type Row = [prompt: string, accept: string[], reject?: string[]]

const factual: Row[] = [
  [
    'It was dark outside and Lina wanted to see the path, so she switched on the',
    ['light', 'lamp', 'flashlight', 'torch'],
  ],
  [
    'Tim put the ice cube into the warm sun. After a while the ice cube',
    ['melt', 'water', 'gone', 'disappear', 'smaller', 'drip'],
  ],
  [
    'The farmer went to the barn to milk the',
    ['cow', 'goat', 'sheep'],
    ['chicken', 'hen', 'horse', 'dog', 'cat', 'pig'],
  ],
  ['After winter comes', ['spring']],
  ['The bee flew from flower to flower to make', ['honey', 'nectar']],
  ['Nina broke her arm, so her father took her to see the', ['doctor', 'hospital', 'nurse']],
  ['"How many legs does a dog have?" asked the teacher. "A dog has', ['four', '4', 'four legs']],
  ['When Ben mixed blue paint with yellow paint, he got', ['green']],
  ['The hen sat on her nest, because she wanted to keep warm her', ['egg', 'chick', 'baby']],
  ['At night the sun went down and in the sky they saw the moon and many', ['star']],
]
const reasoning: Row[] = [
  ['Ida has two pears. She gives one pear to Tom. Now Ida has only', ['one', '1'], ['two', 'three', 'no']],
  [
    'The cup was on the table and the spoon was under the table. Mia wanted the spoon, so she looked',
    ['under'],
    ['on'],
  ],
  [
    'The bus was full and the train was empty. Grandma wanted to sit down, so she took the',
    ['train'],
    ['bus'],
  ],
  [
    'Oscar is taller than Lea. The jar was on a high shelf. Lea could not reach it, so she asked',
    ['oscar'],
    ['lea'],
  ],
  [
    'The red box is heavy and the blue box is light. Anna is small, so she carried the',
    ['blue', 'light'],
    ['red', 'heavy'],
  ],
  [
    'It always rains on the walk to school when there are dark clouds. Today Pia saw dark clouds, so she took her',
    ['umbrella', 'coat', 'raincoat', 'boot', 'jacket'],
  ],
  ['Max wanted soup or pancakes. There was no soup left, so Max ate', ['pancake'], ['soup']],
  [
    'The shop opens at nine. Papa came at eight, and the door of the shop was',
    ['close', 'shut', 'lock'],
    ['open'],
  ],
  [
    'Cats were asleep in the house and birds were singing outside. Ella did not want to wake the cats, so she played',
    ['outside', 'garden', 'yard', 'quiet', 'quietly', 'out'],
    ['inside', 'house', 'loud', 'loudly'],
  ],
  [
    'Only one of the two keys fits the door. Jan tried the small key and it did not fit. So he tried the',
    ['big', 'large', 'other', 'second', 'bigger'],
    ['small'],
  ],
]
const context: Row[] = [
  [
    'Sara put a marble in the blue cup and a button in the red cup. Then she closed her eyes. When she looked into the red cup, she found the',
    ['button'],
    ['marble'],
  ],
  [
    'There was a duck called Willy and a pig called Rosa. They went for a walk. On the way the duck fell into a hole. "Help me!" cried',
    ['willy', 'duck', 'the duck'],
    ['rosa', 'pig'],
  ],
  [
    'Grandma gave Nils a green scarf and Emil a yellow scarf. The next day Emil went out into the snow, and around his neck he wore the scarf that was',
    ['yellow'],
    ['green'],
  ],
  [
    '"My name is Clara," said the girl with the drum. "And I am Felix," said the boy with the flute. They played all day. In the evening the boy was tired, and Clara said, "Good night,',
    ['felix'],
    ['clara'],
  ],
  [
    'Ruth had a kite, a ball and a book. She gave the kite to Jo. She gave the ball to Sam. The only thing that she had left was the',
    ['book'],
    ['kite', 'ball'],
  ],
  [
    'Paul hid the key under the third stone. The whole family looked for it. "I remember now," said Paul. "I put it under the',
    ['stone', 'third', 'rock'],
  ],
  [
    'The black kitten slept in the basket and the white kitten slept in the hat. In the morning Lotte looked into the hat and said hello to the kitten that was',
    ['white'],
    ['black'],
  ],
  [
    'Mother said to Tess, "Please buy bread and cheese." In the shop Tess bought the bread. Then she thought, "I must not forget the',
    ['cheese'],
    ['bread'],
  ],
]

const rows = (kind: PromptKind, list: Row[]): AnswerPrompt[] =>
  list.map(([prompt, accept, reject], i) => ({
    id: `${kind}-${i + 1}`,
    kind,
    prompt,
    accept,
    ...(reject ? { reject } : {}),
  }))

/** 28 prompts of our own, with what counts as right: 10 factual, 10 reasoning, 8 that need the context. */
export const answerPrompts: readonly AnswerPrompt[] = [
  ...rows('factual', factual),
  ...rows('reasoning', reasoning),
  ...rows('context', context),
]
