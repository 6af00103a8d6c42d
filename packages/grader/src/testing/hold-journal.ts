import { openJournal } from '../judging/open-journal.ts'

// Opens a journal, says how that went, and holds it until its input ends; a test starts several, and kills some.
try {
  const journal = await openJournal(process.argv[2]!)
  process.stdout.write('open\n')
  for await (const _ of process.stdin);
  await journal.close()
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`)
}
