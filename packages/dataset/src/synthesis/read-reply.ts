import { sentencesOf } from '@tinystories/utils/text'
import { countWords, isTruncated } from '../cleaning/story-flaws.ts'
import type { StoryPlan } from './story-plan.ts'

/** Why a reply is not accepted as a story. */
export type RejectionReason =
  | 'empty'
  | 'short'
  | 'long'
  | 'cut-off'
  | 'no-summary'
  | 'words-missing'
  | 'not-a-story'
  | 'repetitive'

/** What models add around a story, however they are asked. */
export type RemovedPart = 'thoughts' | 'fence' | 'remark' | 'title' | 'closing' | 'the-end'

/** A story and its summary, or what is wrong with the reply. */
export type ReadReply =
  | { text: string; summary?: string; removed: RemovedPart[] }
  | { rejected: RejectionReason }

/** What a reply must have. */
export interface ReplyRequirements {
  summary: boolean
  minWords: number
  maxWords: number
}

/** A sentence of at least so many words may not come more often than this. */
const minRepeatedWords = 3
const maxRepeats = 3

/** Each takes one kind of addition off; they are tried in this order. */
const parts: readonly [RemovedPart, RegExp, string][] = [
  // A chat template may hold the opening tag itself, and a reply that was cut off never closes it.
  ['thoughts', /^[\s\S]*<\/(?:think|thinking|reasoning)>/i, ''],
  ['thoughts', /<(?:think|thinking|reasoning)>[\s\S]*$/i, ''],
  ['fence', /^```\w*\n([\s\S]*)\n```$/, '$1'],
  [
    'remark',
    /^(?:sure|of course|certainly|absolutely|here is|here's|here you go|okay,? here)\b[^\n]*[:!.]\s*\n+/i,
    '',
  ],
  ['title', /^(?:#+ [^\n]+|\*\*[^\n*]+\*\*|title:[^\n]*)\s*\n+/i, ''],
  // A line of its own without an end mark, as headings are: before a blank line, or with capitals.
  ['title', /^["“]?\p{Lu}[\p{L}\p{M}\p{N}'’,& -]{1,70}["”]?[ \t]*\n[ \t]*\n\s*(?=["“‘']?\p{Lu})/u, ''],
  [
    'title',
    /^["“]?\p{Lu}[\p{L}\p{M}'’]*(?: (?:\p{Lu}[\p{L}\p{M}'’]*|a|an|and|at|by|for|in|of|on|the|to|with)){1,9}["”]?[ \t]*\n(?=["“‘']?\p{Lu})/u,
    '',
  ],
  [
    'closing',
    /\n+[^\p{L}\n"“]*(?:i (?:really )?hope (?:you|this|that|it)|hope you|let me know|feel free|would you like|do you want me|is there anything|if you(?:'d| would)? like|please let me|enjoy (?:the|your|this)|note:|\(?word count)[^\n]*$/iu,
    '',
  ],
  ['the-end', /\n+[^\p{L}\n]*the end[^\p{L}\n]*$/iu, ''],
]

const talk = /\b(as an ai|language model|i can(?:'|no)t (?:write|help|assist)|i'm sorry, but)\b/i

/**
 * Words about writing, and of the request itself: small models repeat what they were asked. Of 18,505 real stories 6 have
 * one.
 */
const aboutTask = /\b(?:titles?|sentences?|paragraphs?|remarks?|three to five|such a child)\b/i

/** Takes the story out of a reply: without thoughts, titles, remarks and closing lines. */
export function readReply(
  reply: { text: string; finishReason: string },
  plan: StoryPlan,
  { summary: wantsSummary, minWords, maxWords }: ReplyRequirements,
): ReadReply {
  const removed = new Set<RemovedPart>()
  const strip = (from: string): string =>
    parts.reduce((text, [part, pattern, replacement]) => {
      const stripped = text.replace(pattern, replacement).trim()
      if (stripped !== text) removed.add(part)
      return stripped
    }, from)
  let text = strip(reply.text.replaceAll('\r\n', '\n').trim())
  if (text === '') return { rejected: 'empty' }
  let summary: string | undefined
  const behind = /\n\W{0,4}summary\W{1,4}([\s\S]+)$/i.exec(text)
  if (behind) {
    summary = behind[1]!
      .replaceAll(/\s+/g, ' ')
      .replace(/^\*+\s*/, '')
      .trim()
    text = strip(text.slice(0, behind.index).trim())
  }
  text = text
    .replaceAll(/[ \t]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
  const words = countWords(text)
  if (talk.test(text.slice(0, 300)) || aboutTask.test(text) || /^[[{]/.test(text))
    return { rejected: 'not-a-story' }
  if (words < minWords) return { rejected: 'short' }
  if (words > maxWords) return { rejected: 'long' }
  if (reply.finishReason === 'length' || isTruncated(text)) return { rejected: 'cut-off' }
  if (isRepetitive(text)) return { rejected: 'repetitive' }
  if (wantsSummary && !summary) return { rejected: 'no-summary' }
  if (!plan.words.every(word => contains(word, text))) return { rejected: 'words-missing' }
  return { text, ...(wantsSummary ? { summary: summary! } : {}), removed: [...removed] }
}

/** Of texts with this many words, the share of 4-grams that are different: of 11,525 real stories none is below 0.8. */
const [minLoopWords, minDistinct] = [40, 0.7]

/** Whether a sentence, or parts of sentences, come again and again, as in the loops of small models. */
function isRepetitive(text: string): boolean {
  const times = new Map<string, number>()
  for (const sentence of sentencesOf(text)) {
    const key = sentence.toLowerCase().replaceAll(/[^\p{L}\p{N} ]/gu, '')
    if (countWords(key) < minRepeatedWords) continue
    const count = (times.get(key) ?? 0) + 1
    if (count > maxRepeats) return true
    times.set(key, count)
  }
  const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}'’]+/gu) ?? []
  if (words.length < minLoopWords) return false
  const grams = new Set(words.slice(3).map((_, at) => words.slice(at, at + 4).join(' ')))
  return grams.size / (words.length - 3) < minDistinct
}

/** Past tenses and plurals that are not made at the end of a word, as far as their beginnings differ in three letters. */
function contains(word: string, text: string): boolean {
  const forms = [word, ...(irregular[word] ?? [])]
  return forms.some(form => {
    // Simple words change at their end: hop, hopped; berry, berries; make, making.
    const begin = form.length <= 3 ? form : form.slice(0, Math.max(3, form.length - 2))
    const letters = begin.replaceAll(/[^\p{L}\p{N}]/gu, '.')
    return new RegExp(`(?<![\\p{L}\\p{N}])${letters}[\\p{L}'-]{0,6}(?![\\p{L}\\p{N}])`, 'iu').test(text)
  })
}

const irregular: Readonly<Record<string, readonly string[]>> = {
  bad: ['worse', 'worst'],
  become: ['became'],
  begin: ['began', 'begun'],
  bend: ['bent'],
  bite: ['bit'],
  bleed: ['bled'],
  blow: ['blew'],
  bring: ['brought'],
  build: ['built'],
  buy: ['bought'],
  catch: ['caught'],
  come: ['came'],
  creep: ['crept'],
  dig: ['dug'],
  do: ['did', 'done', 'does'],
  draw: ['drew'],
  dream: ['dreamt'],
  drink: ['drank', 'drunk'],
  drive: ['drove'],
  eat: ['ate'],
  fall: ['fell'],
  feel: ['felt'],
  fight: ['fought'],
  find: ['found'],
  fly: ['flew', 'flies'],
  foot: ['feet'],
  forget: ['forgot'],
  freeze: ['froze'],
  get: ['got'],
  give: ['gave'],
  go: ['went', 'gone', 'goes'],
  good: ['better', 'best'],
  goose: ['geese'],
  grow: ['grew'],
  hang: ['hung'],
  have: ['had', 'has'],
  hear: ['heard'],
  hide: ['hid'],
  hold: ['held'],
  kneel: ['knelt'],
  know: ['knew'],
  lead: ['led'],
  leave: ['left'],
  lie: ['lay', 'lying'],
  lose: ['lost'],
  make: ['made'],
  man: ['men'],
  meet: ['met'],
  mouse: ['mice'],
  pay: ['paid'],
  ride: ['rode'],
  rise: ['rose'],
  run: ['ran'],
  say: ['said'],
  see: ['saw', 'seen'],
  seek: ['sought'],
  sell: ['sold'],
  shake: ['shook'],
  shine: ['shone'],
  shrink: ['shrank', 'shrunk'],
  sing: ['sang', 'sung'],
  sink: ['sank', 'sunk'],
  sit: ['sat'],
  sleep: ['slept'],
  slide: ['slid'],
  speak: ['spoke'],
  spend: ['spent'],
  spin: ['spun'],
  spread: ['spread'],
  spring: ['sprang'],
  stand: ['stood'],
  steal: ['stole'],
  stick: ['stuck'],
  sting: ['stung'],
  sweep: ['swept'],
  swim: ['swam', 'swum'],
  swing: ['swung'],
  take: ['took'],
  teach: ['taught'],
  tear: ['tore', 'torn'],
  tell: ['told'],
  think: ['thought'],
  throw: ['threw'],
  tooth: ['teeth'],
  understand: ['understood'],
  wake: ['woke'],
  wear: ['wore'],
  weep: ['wept'],
  win: ['won'],
  woman: ['women'],
  write: ['wrote'],
}
