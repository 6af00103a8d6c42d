const names = ['Tom', 'Ana', 'Zoë', 'Lily', 'Борис', 'Mía', '小明', 'Sam']
const things = ['a red kite', 'an old shoe', 'the “big” drum', 'a 🐢', 'some honey', 'one wet leaf']

/** `count` different short stories, some with characters of several bytes, some with paragraphs, some long. */
export function exampleStories(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const name = names[i % names.length]!
    const thing = things[i % things.length]!
    const long = Array.from({ length: (i * 7) % 23 }, (_, k) => `Then ${name} counted to ${k + i}.`).join(' ')
    return `${name} number ${i} found ${thing}.\n\n"Is it yours?" asked the crow. ${long}\nIt was day ${i * i}.`
  })
}

/** The stories as a TinyStories text file. */
export function asText(stories: readonly string[]): string {
  return stories.map(story => `${story}\n<|endoftext|>\n`).join('')
}

/** The stories as JSON lines. */
export function asJsonLines(stories: readonly string[]): string {
  return stories.map(text => `${JSON.stringify({ text })}\n`).join('')
}
