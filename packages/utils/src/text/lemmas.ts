/** Forms that no rule gives, each line a base form and its others. Written for the words of young children. */
const irregular = `
be am is are was were been being
have has had having
do does did done
go goes went gone
say said
see saw seen
come came
take took taken
get got gotten
make made
give gave given
find found
tell told
think thought
run ran
eat ate eaten
sit sat
stand stood
fall fell fallen
feel felt
fly flew flown
grow grew grown
hear heard
hide hid hidden
hold held
keep kept
know knew known
leave left
lose lost
meet met
pay paid
read
ride rode ridden
ring rang rung
rise rose risen
sell sold
send sent
shake shook shaken
shine shone
sing sang sung
sleep slept
speak spoke spoken
spend spent
steal stole stolen
swim swam swum
swing swung
teach taught
tear tore torn
throw threw thrown
understand understood
wake woke woken
wear wore worn
win won
write wrote written
begin began begun
bite bit bitten
blow blew blown
break broke broken
bring brought
build built
buy bought
catch caught
choose chose chosen
dig dug
draw drew drawn
drink drank drunk
drive drove driven
fight fought
forget forgot forgotten
freeze froze frozen
hang hung
lead led
lend lent
lie lay lain lying
light lit
shoot shot
sink sank sunk
slide slid
stick stuck
sweep swept
child children
man men
woman women
mouse mice
foot feet
tooth teeth
goose geese
leaf leaves
wolf wolves
knife knives
life lives
wife wives
half halves
shelf shelves
thief thieves
good better best
bad worse worst
`
const baseOf = new Map<string, string>()
for (const line of irregular.trim().split('\n')) {
  const [base, ...forms] = line.split(' ')
  for (const form of forms) baseOf.set(form, base!)
}

/**
 * What a word of English may be a form of, itself among them: `stories` -> story, `running` -> run, `went` -> go. A
 * few candidates too many do no harm where two words are compared by whether they share one.
 */
export function lemmas(word: string): Set<string> {
  const lower = word.toLowerCase().replaceAll('’', "'").replace(/'s?$/, '')
  const found = new Set([lower])
  const base = baseOf.get(lower)
  if (base) found.add(base)
  const add = (stem: string): void => {
    if (stem.length >= 2 && /[aeiouy]/.test(stem)) found.add(stem)
  }
  const [, iesStem] = /^(.+)ies$/.exec(lower) ?? []
  if (iesStem) add(`${iesStem}y`)
  const [, esStem] = /^(.+(?:s|x|z|ch|sh|o))es$/.exec(lower) ?? []
  if (esStem) add(esStem)
  const [, sStem] = /^(.+[^su])s$/.exec(lower) ?? []
  if (sStem) add(sStem)
  const [, iStem] = /^(.+)i(?:ed|er|est|ly)$/.exec(lower) ?? []
  if (iStem) add(`${iStem}y`)
  const [, stem] = /^(.+)(?:ed|ing|er|est)$/.exec(lower) ?? []
  if (stem && stem.length >= 2) {
    add(stem)
    add(`${stem}e`)
    if (/([bdglmnprt])\1$/.test(stem)) add(stem.slice(0, -1))
  }
  const [, adverb] = /^(.{3,})ly$/.exec(lower) ?? []
  if (adverb) add(adverb)
  return found
}
