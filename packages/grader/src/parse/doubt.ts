const someone =
  "(?:text|story|student|pupil|completion|writer|author|passage|ending|paragraph|line|it|he|she|they|someone|somebody|child|user|prompt|words?)(?:'s\\s+\\w+)?"
const says =
  '(?:says?|said|tells?|told|asks?|asked|claims?|claimed|wants?|wanted|demands?|demanded|instructs?|instructed|requests?|requested|states?|stated|declares?|declared|insists?|pretends?|repeats?|repeated|recites?)'
/** Verbs of stories as well: they report only what follows in the same breath. */
const shows =
  '(?:writes?|wrote|written|contains?|contained|includes?|included|ends?|ended|reads?|suggests?|lists?|listed|consists? of|(?:tries|tried|attempts?|attempted|seeks?|hopes?)\\s+(?:to|for))(?:(?! - )[^,;.!?]){0,60}$'
const itself =
  '(?:gives?|gave|awards?|awarded|rates?|rated|grades?|graded|scores?|scored|marks?|marked)\\s+(?:itself|himself|herself|themselves)'

/** Somebody else's words, an example, or another text than the one to be judged. */
const reporting = [
  `\\b${someone}\\s+(?:\\w+\\s+){0,2}?(?:${says}\\b|${itself}\\b|${shows})`,
  // `The scores you asked me for` are the judge's own.
  "(?<!\\byou(?:['’]ve| have)?\\s{1,3})\\b(?:asks?|asked|tells?|told|wants?|orders?|instructs?|instructed|invites?|urges?)\\s+(?:me|us|the\\s+(?:judge|grader|reader|teacher))\\b",
  '\\b(?:insert(?:s|ed)|inject(?:s|ed)|embed(?:s|ded)|plant(?:s|ed)|smuggle[sd]?)\\b',
  '\\bplease\\s+(?:provide|give|use|answer|reply|respond|follow|write|return)\\b[^.!?\\n]{0,80}\\b(?:format|form|template|line)\\b',
  '\\bplease\\s+(?:provide|give|use|answer|reply|respond|follow|write|return)\\b',
  '\\bnamely\\W{0,3}$',
  '\\b(?:colleagues?|reviewers?|critics?|rubric|guide|manual|GPT-?\\d\\S*|ChatGPT|Claude|Gemini)\\s+(?:\\w+\\s+)?(?:says?|said|gives?|gave|would|awarded|scored|rated|suggests?)\\b',
  '\\b(?:another|other|stricter|kinder|different)\\s+(?:teacher|judge|grader|reader|reviewer)s?\\b',
  '\\b(?:target|baseline|reference|expected|desired|sample|dummy|typical|average|ground[- ]truth)\\s*(?:scores?|grades?|marks?|ratings?|values?)?\\s*:\\W{0,3}$',
  // `As instructed by the text:`; `You said Grammar: 10/10`.
  '\\b(?:instructed|demanded|requested|asked|told|ordered|required|dictated|claimed|stated)\\s+(?:by|in)\\s+(?:the|this)\\s+(?:text|story|student|pupil|completion|writer|author|passage|ending)\\b',
  '\\byou\\s+(?:said|say|claim(?:ed)?|suggest(?:ed)?|wrote)\\b',
  // What any text would get is not what this one gets.
  '^[\\s"*_>-]{0,8}(?:an?|any|every)\\s+(?:\\w+\\s+){0,4}?(?:would|gets?|scores?|receives?|deserves?|earns?)\\b',
  // `Weights: Grammar 2, Plot 3` and `Lack of creativity` are about something else than scores.
  '\\b(?:weight(?:ing)?s?|errors?|mistakes?|slips?|counts?|rank(?:ing)?s?|order|priorit(?:y|ies)|importance|deductions?|penalt(?:y|ies)|points? (?:lost|deducted|off))\\s{0,3}:\\W{0,3}$',
  '\\b(?:number|amount|count)\\s+of\\b[^.:;\\n]{0,40}$',
  '\\b(?:I|we)\\s+(?:weigh|weight|rank)\\b',
  '^[\\s"*_>-]{0,8}(?:use|answer|reply|respond|follow)\\s+(?:\\w+\\s+)?(?:like|with)?\\s{0,2}this\\b[^.!?\\n]{0,40}:\\W{0,3}$',
  '\\b(?:lack|absence|errors?|mistakes?|slips?|problems?)\\s+(?:of|in|with)\\s+(?:the\\s+)?$',
  // Directly before the score.
  '\\b(?:phrase|string|instruction|request|demand|command)s?(?:\\s+(?:for|of|to\\s+\\w+))?\\W{0,3}$',
  '\\b(?:quot(?:e|es|ed|ing)|claim(?:s|ed|ing)?|copied from|taken from)\\b',
  '\\b(?:for example|for instance|example|e\\.g\\.|such as|placeholder|would look like|(?:template|sample) (?:answer|output|scores?))(?![\\p{L}])',
  '\\b(?:previous|prior|earlier|last|other|another|next)\\s+(?:\\w+\\s+)?(?:student|pupil|story|stories|text|texts|completion|writer|child|one|model|version|draft|attempt|time)\\b',
  '\\b(?:reference|original|first|second)\\s+(?:student|pupil|writer|model|version|draft|attempt|sample)\\b',
  '\\b(?:yesterday|last time|previously|similar\\s+(?:story|text|student|completion|one))\\b',
  '\\b(?:the|class|our|my|this)\\s+(?:\\w+\\s+)?average\\b',
  '\\bcompared\\s+(?:with|to)\\b',
  '\\baccording\\s+to\\s+(?:the\\s+|its\\s+)?(?:text|story|student|pupil|completion|writer|author|itself|it)\\b',
  '\\b(?:most|many|other|some|typical|average)\\s+(?:\\w+\\s+)?(?:students|pupils|children|kids|stories|texts|completions|writers|models)\\b',
  // At the start of a sentence: `in the requested format:` is followed by the judge's own scores.
  '^\\W{0,8}(?:the\\s+)?(?:(?:expected|required|requested|desired|correct|output|answer|response|reply)\\s+){0,2}(?:format|form|template|schema)(?:\\s+is\\b|\\s*:)',
  '\\b(?:better|worse|weaker|stronger|higher|lower|more|less)\\s+than\\b',
  '\\b(?:on average|(?:average|typical) (?:student|pupil|child|story|score|mark))\\b',
].join('|')

/** What would be, what is not, and what is not decided yet. */
const hypothetical = [
  '\\b(?:if|unless|suppose|assuming)\\b[^.!?\\n]{0,80}\\bwould\\b(?:\\s+be\\b)?',
  '\\b(?:if|unless|otherwise|suppose|assuming)\\b',
  '\\b(?:would|could|might|should)\\s+have\\b',
  // A question.
  '^[\\s"*_>-]{0,8}(?:should|would|could|can|shall|may|might|is|are|was|do|does|did|will)\\s+(?!be\\b)',
  '\\bhad\\s+(?:it|he|she|they|the)\\b',
  '\\bwere\\s+(?:it|he|she|they|the)\\b',
  '\\b(?:perfect|ideal|maximum|highest|best)\\s+(?:\\w+\\s+)?(?:is|would be|score|mark)\\b',
  "(?:\\b(?:not|never|cannot)\\b|n['’]t\\b)[^,;:]{0,40}$|\\b(?:refuse[sd]?|deny|decline)\\b",
  '\\bI\\s+(?:almost|nearly|wanted|expected|hoped|hesitated|considered|thought\\s+(?:of|about))\\b',
  '\\b(?:tempted|initially|at first|first thought|first impression|started (?:with|at|from)|draft|tentative(?:ly)?|perhaps|maybe|possibly)\\b',
].join('|')

/** The judge speaks for itself again. */
const resuming = [
  '\\b(?:so|therefore|hence|thus|but|however|still|yet|nevertheless|accordingly)\\b',
  "(?<!\\b(?:should|would|could|can|shall|may|did|do) )\\bI(?:['’]d|['’]ll| would| will)? (?:give|award|rate|score|grade|assign|say|settle|mark)\\b",
  '\\b(?:my|the) (?:\\w+ )?(?:scores?|grades?|marks?|ratings?|answer|verdict|evaluation)\\b',
  '\\bfinal(?:ly)?\\b',
  '\\bthis (?:one|story|text|student|pupil|completion)\\b',
].join('|')

const report = new RegExp(reporting, 'giu')
const doubt = new RegExp(`${reporting}|${hypothetical}`, 'giu')
const resume = new RegExp(resuming, 'gi')

/** Whether the words before a place say that what follows is somebody else's, or about another text. */
export function isReported(words: string): boolean {
  return lastOf(report, words) > lastOf(resume, words)
}

/** Whether the words before a score take it back: reported, compared, conditional or denied, and nothing after that. */
export function isDoubted(words: string): boolean {
  return lastOf(doubt, words) > lastOf(resume, words)
}

/** Whether a line announces what would be: `With an end, the scores would be:`. */
export function isSupposed(line: string): boolean {
  return /\b(?:would|could|might)\s+(?:have\s+been|be|look\s+like|read)\W*$/i.test(line)
}

/** Whether the words before a score say that the judge speaks for itself. */
export function isResumed(words: string): boolean {
  return lastOf(resume, words) >= 0
}

function lastOf(expression: RegExp, words: string): number {
  let last = -1
  for (const { index, 0: found } of words.matchAll(expression)) last = index + found.length
  return last
}

const hypotheticalAfter =
  /^[^\S\n]{0,3}(?:would|could|might|(?:,\s?)?(?:only )?(?:if|unless|provided|assuming|supposing)\b|were|(?:is|are) (?:the|what|reserved|too|not|for|out of|im\w+|un\w+|never)\b|isn['’]t\b|was (?:the|what|my)|seems? too|means?|for (?:the|a|his|her) (?:last|previous|other|perfect)|to (?:a|the|his|her) (?:last|previous|other|perfect)|at first|initially|as (?:an?|my) (?:first|rough|initial|tentative|provisional)|for now\b|(?:in|for) (?:effort|trying|ambition|enthusiasm)\b|\(?(?:not|just kidding)\b|(?:in |on )?(?:the )?(?:last|previous|other) (?:time|story|text|student|one|draft|attempt)|previously|before\b|at (?:best|most|worst|least)\b|or (?:less|more|higher|lower|better|worse|above|below)\b|max(?:imum)?\b|min(?:imum)?\b|tops\b|(?:in|for|until|up to|at|through(?:out)?|on) the (?:first|second|opening|early|later|beginning|start|middle|rest)\b|had|\?)/iu
const correction =
  /\b(?:no[,;:]|no wait|wait|actually|or rather|make (?:it|that)|scratch that|correction|on (?:second thought|reflection)|hmm|sorry|revised?|lower(?:ed|ing)?|rais(?:e|ed|ing)|changed?|minus|reduced?|(?:maybe|perhaps|possibly|or)(?= (?:an? |even )?\d))\b[^.\n]{0,40}?\d/i
const disclaimer = new RegExp(
  `\\b(?:appears?|stands?|occurs?|is found|is written)\\s+in\\s+the\\s+${someone}|\\b(?:copied|taken|quoted|is|are|comes?|came)\\s+(?:directly\\s+|straight\\s+)?from\\s+the\\s+${someone}|\\b(?:is|are|was|were)\\s+(?:only |just |exactly )?what\\b|\\b(?:as|which)\\s+${someone}\\s+${says}\\b|\\b(?:the|this)\\s+${someone}\\s+(?:wants?|asks?|claims?|tells?|demands?|says?|wrote|gives? itself|gave itself)\\b|\\bnot\\s+my\\b|\\bI\\s+(?:will|do|would|can|shall)\\s?(?:not\\b|n['’]t\\b)|\\bI\\s?(?:won|don|can|wouldn)['’]t\\b|\\bI\\s+(?:refuse|decline|ignore)\\b`,
  'i',
)
const laterDisclaimer = new RegExp(
  `^\\W{0,10}(?:(?:no|wait|actually|oh|hmm|sorry|note|but)\\b[\\s,.:;!-]{0,4}){0,3}(?:this|that|these|those|the above|the (?:line|scores?|marks?|grades?) above)\\b[^.\\n]{0,60}?\\b(?:what\\s+(?:the\\s+)?${someone}|not\\s+my|${someone}\\s+(?:\\w+\\s+){0,2}?${says}|copied|quoted|taken|not\\s+by\\s+me|(?:written|inserted|demanded|part|comes?|came|from)\\s+(?:by\\s+|of\\s+|from\\s+)?the\\s+${someone})\\b`,
  'i',
)

/** Whether a line says that the scores before it are somebody else's: "That is what the text wants me to answer." */
export function isDisclaimer(line: string): boolean {
  return laterDisclaimer.test(line)
}

/**
 * Whether the words after a score take it back.
 *
 * @param rest what follows the score
 */
export function isTakenBack(rest: string): boolean {
  if (hypotheticalAfter.test(rest.replace(/^[)\]}"'”’]{1,3}/, ''))) return true
  const end = /[.!?;](?=\s|$)|\n/.exec(rest)?.index ?? rest.length
  if (disclaimer.test(rest.slice(0, end))) return true
  return isDisclaimer(rest.slice(end, end + 160))
}

/** Whether the words of an answer say that it is somebody else's: `F (copied from the text)`. */
export function isDisclaimed(words: string): boolean {
  return disclaimer.test(words)
}

const laterCorrection =
  /\b(?:no|wait|actually|so|hmm|perhaps|maybe|possibly|make (?:it|that)|rather|on (?:second thought|reflection)|take back|instead|revised?|settle)\b[^.\n]{0,60}?\d{1,3}(?:[.,]\d{1,2})?\s?(?:\/|out of)\s?\d/i

/** Whether the line goes on to another number for the same criterion: `8/10, no, 7/10`, `8/10. Hmm, make it 7/10.` */
export function isCorrected(rest: string, next: number): boolean {
  const end = /[.!?;](?=\s|$)|\n/.exec(rest)?.index ?? rest.length
  const line = rest.slice(0, next).split('\n')[0]!
  return correction.test(rest.slice(0, Math.min(end, next))) || laterCorrection.test(line)
}
