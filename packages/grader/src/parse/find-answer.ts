/** The part of a reply that answers, with everything else blanked so that offsets stay. */
export interface Answer {
  text: string
  /** True when the reply ends inside a thought: there is no answer yet. */
  isUnfinished: boolean
}

const words =
  'think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis|inner_monologue|antthinking|seed:think|cot|deliberation|planning|draft'
// <think>, </think>, &lt;think&gt;, [THINK], ◁think▷, <|begin_of_thought|>, <|START_THINKING|>, <|channel>thought ... <channel|>
const thoughtTag = new RegExp(
  `(?:<|&lt;)\\s?(/?)\\s?(?:(?!final)\\w{1,20}[_-])?(?:${words})(?:[_-]\\w{1,20})?(?:\\s[^<>]{0,100}?)?(?:>|&gt;)|\\[(/?)(?:THINK|THINKING|THOUGHT|REASONING)\\]|◁(/?)(?:${words})▷|<\\|(begin|start|end|/)?_?(?:of_)?(?:${words})\\|>|<\\|channel>\\s?thought|<(channel)\\|>`,
  'giu',
)
const answerTag =
  /<(\/?)(?:answer|final|final_answer|output|response|result|solution)>|<\|(begin|start|end)_(?:of_)?(?:solution|box|answer|response)\|>/gi
const thoughtHeading =
  /^[#*_ \t>-]{0,8}(?:here (?:is|are) )?(?:my )?(?:thinking|thoughts?|thought process|thinking process|chain of thought|reasoning process|internal monologue|scratchpad)[*_ \t:.]{0,6}$/gim
const answerHeading =
  /^[#*_ \t>-]{0,8}(?:here (?:is|are) )?(?:(?:the|my) )?(?:final )?(?:answer|scores?|grades?|marks|ratings?|verdict|results?|response|output)\b[^\n]{0,40}?[:*]/gim

/**
 * Finds the final answer in a judge's reply. Blanked are the thoughts of reasoning models in all the forms in which
 * servers leave them in the text: tags (closed; only closed; never closed), the channels of gpt-oss with and without
 * their special tokens, "Thinking..." blocks, headings; and all that stands outside of an answer tag. What stands
 * before a thought was written before thinking, so it is no answer when something follows the thought.
 */
export function findAnswer(source: string): Answer {
  const reply = blankAll(source, foldedThoughts(source))
  const harmony = lastChannel(reply)
  const [from, to, unfinished] = harmony ?? afterThoughts(reply)
  if (unfinished) return { text: blank(reply, 0, reply.length), isUnfinished: true }
  const kept = keep(withoutThoughts(reply), from, to)
  const headed = withoutHeadedThought(kept)
  if (headed === undefined) return { text: blank(reply, 0, reply.length), isUnfinished: true }
  return { text: insideAnswerTags(headed), isUnfinished: false }
}

/** Chat programs fold thoughts: `<details type="reasoning">`, `<details><summary>Thinking</summary>`. */
function foldedThoughts(text: string): (readonly [number, number])[] {
  const parts: (readonly [number, number])[] = []
  const opening = /<details\b([^<>]{0,200})>\s{0,9}(?:<summary>([^<]{0,80})<\/summary>)?/gi
  for (let match = opening.exec(text); match; match = opening.exec(text)) {
    if (!/think|thought|reason/i.test(match.slice(1).join(' '))) continue
    const end = text.indexOf('</details>', match.index)
    opening.lastIndex = end < 0 ? text.length : end
    parts.push([match.index, opening.lastIndex])
  }
  return parts
}

type Part = readonly [from: number, to: number, isUnfinished: boolean]

/** gpt-oss: `<|channel|>final<|message|>...`, or with the special tokens lost `analysis...assistantfinal...`. */
function lastChannel(reply: string): Part | undefined {
  if (/<\|channel\|>/.test(reply)) {
    const final = [
      ...reply.matchAll(/<\|channel\|>\s{0,3}final\b[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>/g),
    ].at(-1)
    if (!final) return [0, 0, true]
    const from = final.index + final[0].length
    const end = reply.indexOf('<|', from)
    return [from, end < 0 ? reply.length : end, false]
  }
  if (!/^\s{0,8}(?:assistant)?analysis(?=\S)(?![\s:.,-])/.test(reply)) return undefined
  const final = reply.lastIndexOf('assistantfinal')
  // "analysis" as the first word of a sentence is followed by a space or a sign.
  if (final < 0) return /^\s{0,8}(?:assistant)?analysis[A-Z]/.test(reply) ? [0, 0, true] : undefined
  return [final + 'assistantfinal'.length, reply.length, false]
}

interface Tag {
  isClosing: boolean
  start: number
  end: number
}

function tagsOf(text: string, expression: RegExp): Tag[] {
  return [...text.matchAll(expression)].map(match => ({
    isClosing: match.slice(1).some(group => /^(?:\/|end|channel)$/i.test(group ?? '')),
    start: match.index,
    end: match.index + match[0].length,
  }))
}

function afterThoughts(reply: string): Part {
  const shown = /^\s{0,8}\**Thinking(?:\.\.\.|…)\**[^\S\n]*\n/i.exec(reply)
  if (shown) {
    const done = /(?:\.\.\.|…)\s?done thinking\.?/i.exec(reply)
    return done ? [done.index + done[0].length, reply.length, false] : [0, 0, true]
  }
  const tags = tagsOf(reply, thoughtTag)
  const last = tags.at(-1)
  if (!last) return [0, reply.length, false]
  if (!last.isClosing) return [0, 0, true]
  // Nothing but a closing remark after the thought: the answer stands before it.
  return /\d/.test(reply.slice(last.end)) || tags.every(({ isClosing }) => isClosing)
    ? [last.end, reply.length, false]
    : [0, reply.length, false]
}

/** Blanks what stands between tags of thoughts. */
function withoutThoughts(reply: string): string {
  const parts: [number, number][] = []
  let opened: number | undefined
  for (const { isClosing, start, end } of tagsOf(reply, thoughtTag)) {
    if (!isClosing) {
      opened ??= start
      continue
    }
    // Some chat templates hold the opening tag, so that the reply begins inside the thought.
    parts.push([opened ?? 0, end])
    opened = undefined
  }
  return blankAll(reply, parts)
}

/** Blanks what follows a heading such as "Thinking process:" up to the heading of the answer or the last paragraph. */
function withoutHeadedThought(text: string): string | undefined {
  const heading = [...text.matchAll(thoughtHeading)][0]
  if (!heading) return text
  const from = heading.index + heading[0].length
  const answer = [...text.slice(from).matchAll(answerHeading)].at(-1)
  const paragraph = text.trimEnd().lastIndexOf('\n\n')
  const end = answer ? from + answer.index : paragraph > from ? paragraph : undefined
  return end === undefined || text.slice(end).trim() === '' ? undefined : blank(text, heading.index, end)
}

function insideAnswerTags(text: string): string {
  const tags = tagsOf(text, answerTag)
  const at = tags.findLastIndex(({ isClosing }) => !isClosing)
  const open = tags[at]
  if (!open) return text
  const close = tags[at + 1]
  const end = close?.isClosing ? close.start : text.length
  return /\d/.test(text.slice(open.end, end)) ? keep(text, open.end, end) : text
}

function keep(text: string, from: number, to: number): string {
  return blank(blank(text, 0, from), to, text.length)
}

/** Replaces a part by white space of the same length: line ends stay, and the borders are line ends. */
export function blank(text: string, from: number, to: number): string {
  if (to <= from) return text
  return `${text.slice(0, from)}\n${' '.repeat(Math.max(0, to - from - 2))}${to - from > 1 ? '\n' : ''}${text.slice(to)}`
}

/** Replaces several parts, in order and apart, in one pass. */
export function blankAll(text: string, parts: readonly (readonly [number, number])[]): string {
  const pieces: string[] = []
  let done = 0
  for (const [from, to] of parts) {
    if (to <= done) continue
    const start = Math.max(from, done)
    pieces.push(text.slice(done, start), blank(text.slice(start, to), 0, to - start))
    done = to
  }
  return pieces.join('') + text.slice(done)
}
