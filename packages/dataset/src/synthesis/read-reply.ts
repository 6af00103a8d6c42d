import { countWords, isTruncated } from '../cleaning/story-flaws.ts'
import type { StoryPlan } from './story-plan.ts'

/** Why a reply is no story. */
export type RejectionReason =
  | 'empty'
  | 'short'
  | 'long'
  | 'cut off'
  | 'no summary'
  | 'words missing'
  | 'not a story'

/** A story and its summary, or what is wrong with the reply. */
export type ReadReply = { text: string; summary?: string; flaw?: never } | { flaw: RejectionReason }

/** What is asked of a reply. */
export interface ReplyRequirements {
  summary: boolean
  minWords: number
  maxWords: number
}

const remark = /^(sure|of course|certainly|here is|here's|here you go|okay,? here)\b[^\n]*[:!.]\s*\n+/i
const title = /^(#+ [^\n]+|\*\*[^\n*]+\*\*|title:[^\n]*)\s*\n+/i
const theEnd = /\n+\W*the end\W*$/i
const talk = /\b(as an ai|language model|i can(?:'|no)t (?:write|help|assist)|i'm sorry, but)\b/i

/** Takes the story out of a reply: without titles, remarks and fences, which models add however they are asked. */
export function readReply(
  reply: { text: string; finishReason: string },
  plan: StoryPlan,
  { summary: wantsSummary, minWords, maxWords }: ReplyRequirements,
): ReadReply {
  let text = reply.text.replaceAll('\r\n', '\n').trim()
  text = text.replace(/^```\w*\n([\s\S]*)\n```$/, '$1').trim()
  if (text === '') return { flaw: 'empty' }
  let summary: string | undefined
  const behind = /\n\W{0,4}summary\W{1,4}([\s\S]+)$/i.exec(text)
  if (behind) {
    summary = behind[1]!
      .replaceAll(/\s+/g, ' ')
      .replace(/^\*+\s*/, '')
      .trim()
    text = text.slice(0, behind.index).trim()
  }
  for (const ornament of [remark, title]) text = text.replace(ornament, '').trim()
  text = text
    .replace(theEnd, '')
    .replaceAll(/[ \t]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
  const words = countWords(text)
  if (talk.test(text.slice(0, 300)) || /^[[{]/.test(text)) return { flaw: 'not a story' }
  if (words < minWords) return { flaw: 'short' }
  if (words > maxWords) return { flaw: 'long' }
  if (reply.finishReason === 'length' || isTruncated(text)) return { flaw: 'cut off' }
  if (wantsSummary && !summary) return { flaw: 'no summary' }
  if (!plan.words.every(word => stands(word, text))) return { flaw: 'words missing' }
  return wantsSummary ? { text, summary: summary! } : { text }
}

/** Past tenses and plurals that are not made at the end of a word, as far as their beginnings differ in three letters. */
function stands(word: string, text: string): boolean {
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
