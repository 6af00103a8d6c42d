export * from './browser.ts'
export { type JournalContent, openJournal, readJournal } from './judging/open-journal.ts'
