export * from './browser.ts'
export { openJournal } from './judging/open-journal.ts'
