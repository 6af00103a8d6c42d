import { hashText } from '../hash.ts'

const spellings = [
  (g: number, c: number, s: number, p: number, age: string) =>
    `Grammar: ${g}/10, Creativity: ${c}/10, Consistency: ${s}/10, Plot: ${p}/10, Age group: ${age}`,
  (g: number, c: number, s: number, p: number, age: string) =>
    `**Grammar**: ${g}\n**Creativity**: ${c}\n**Consistency**: ${s}\n**Plot**: ${p}\n**Age group**: ${age} (about)`,
  (g: number, c: number, s: number, p: number, age: string) =>
    `| Grammar | Creativity | Consistency | Plot | Age group |\n|---|---|---|---|---|\n| ${g} | ${c} | ${s} | ${p} | ${age} |`,
]

/**
 * Plays a judge for a local server: always answers the same conversation alike. Scores depend on the completion
 * (longer words are better grammar, more different words more creative), spellings vary, and `messy` of the first
 * answers say nothing usable, so that it is asked again.
 */
export function playJudge(
  messages: readonly { role: string; content: string }[],
  { messy = 0.05, bias = 0 }: { messy?: number; bias?: number } = {},
): string {
  const task = messages[1]?.content ?? ''
  const last = messages.at(-1)?.content ?? ''
  const text = /<completion [0-9a-f]+>\n([\s\S]*)\n<\/completion/.exec(task)?.[1] ?? ''
  const number = Number.parseInt(hashText(text, 8), 16)
  const words = text.split(/\s+/).filter(Boolean)
  const within = (score: number): number => Math.max(0, Math.min(10, Math.round(score + bias)))
  const variety = new Set(words).size / Math.max(1, words.length)
  const scores = [
    within(5 + (number % 5)),
    within(variety * 8 + ((number >> 3) % 3) - 1),
    within(4 + ((number >> 5) % 5)),
    within(Math.min(8, words.length / 12) + ((number >> 7) % 3)),
  ] as const
  const age = 'ABCDEF'[Math.min(5, Math.floor(words.length / 25))]!
  const assessment = `The student wrote ${words.length} words. The sentence that was begun is finished, and ${variety > 0.6 ? 'the words are chosen with care' : 'many words come again'}.`
  if (/"assessment"/.test(last) || /JSON object only/.test(last)) {
    const [grammar, creativity, consistency, plot] = scores
    return JSON.stringify({ assessment, grammar, creativity, consistency, plot, age })
  }
  if (/Give no scores yet/.test(last)) return assessment
  const first = messages.length === 4
  if (first && (number % 1000) / 1000 < messy) return 'It is a nice text, I would say well above the average.'
  return spellings[number % spellings.length]!(...scores, age)
}
