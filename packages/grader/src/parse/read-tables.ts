import type { Criterion, Rubric } from '../rubric/rubric.ts'
import { findLabels } from './find-labels.ts'
import type { JsonReading } from './parse-json-scores.ts'
import { readChoice } from './read-choice.ts'
import { readScoreAlone } from './read-score.ts'
import { problemAt, type Reading } from './score-problem.ts'

interface Cell {
  text: string
  start: number
  /** The criterion that the cell names, where it names one and nothing else. */
  criterion: Criterion | undefined
}

type Row = Cell[]

/** What the tables of a reply say, and which parts of the text they take. */
export interface TableScores {
  readings: JsonReading[]
  parts: (readonly [number, number])[]
}

const separator = /^[\s|:+-]*-[\s|:+-]*$/
const scoreHead = /\b(?:scores?|marks?|grades?|ratings?|points|values?|results?|given|answer)\b/i
const scaleHead = /\b(?:max(?:imum)?|out of|possible|scale|range)\b/i
const otherHead =
  /\b(?:previous|last|example|other|average|reference|comments?|reasons?|notes?|why|justification|weight\w*|errors?|mistakes?|slips?|rank\w*|importance|priority|order|counts?|confidence|lost|deduct\w*|penalt\w+)\b/i

/** Reads tables in Markdown: criteria in the head with one row of scores, or criteria in the first column. */
export function readTables(text: string, rubric: Rubric): TableScores {
  const result: TableScores = { readings: [], parts: [] }
  let block: { line: string; start: number }[] = []
  const close = (): void => {
    if (block.length > 0) readTable(block, rubric, result)
    block = []
  }
  let start = 0
  for (const line of text.split('\n')) {
    if ((line.match(/\|/g)?.length ?? 0) >= 2 || (block.length > 0 && line.includes('|')))
      block.push({ line, start })
    else close()
    start += line.length + 1
  }
  close()
  return result
}

function readTable(lines: { line: string; start: number }[], rubric: Rubric, result: TableScores): void {
  const at = lines.findIndex(({ line }) => separator.test(line))
  const rows = lines
    .filter(({ line }) => !separator.test(line))
    .map(({ line, start }) => cellsOf(line, start, rubric))
  const [first] = rows
  if (!first) return
  const before = result.readings.length
  if (first.filter(({ criterion }) => criterion).length > 1 && rows.length > 1 && first.every(isName))
    readHorizontal(first, rows.slice(1), result.readings)
  else {
    // `| Grammar | 8 |` above the rule is a row of scores.
    const hasHead = at > 0 && !(first[0]?.criterion && first.slice(1).some(({ text }) => /^\d/.test(text)))
    readVertical(hasHead ? first : undefined, hasHead ? rows.slice(1) : rows, result.readings)
  }
  const last = lines.at(-1)!
  // A table of something else about the criteria, such as their weights, is no prose either.
  if (result.readings.length > before || (at > 0 && rows.some(row => row.some(({ criterion }) => criterion))))
    result.parts.push([lines[0]!.start, last.start + last.line.length])
}

function isName({ text, criterion }: Cell): boolean {
  return criterion !== undefined || !/\d/.test(text)
}

function cellsOf(line: string, start: number, rubric: Rubric): Row {
  let at = start
  const cells = line.split('|').map((content): Cell => {
    const text = content.trim()
    const cell = {
      text,
      start: at + content.length - content.trimStart().length,
      criterion: nameOf(text, rubric),
    }
    at += content.length + 1
    return cell
  })
  const isBorder = (index: number): boolean => cells[index]?.text === ''
  return cells.slice(isBorder(0) ? 1 : 0, isBorder(cells.length - 1) ? -1 : undefined)
}

function nameOf(text: string, rubric: Rubric): Criterion | undefined {
  const [label] = findLabels(text, rubric)
  const rest = label && text.slice(0, label.start) + text.slice(label.end)
  return rest !== undefined &&
    /^(?:\d{1,2}[.)])?\s*(?:score|\(\s*(?:\d+\s*(?:-|to)\s*\d+|(?:out of|of|max\.?|\/)\s*\d+|10|[A-Z]\s*(?:-|to)\s*[A-Z])\s*\)|:)?\s*$/i.test(
      rest,
    )
    ? label!.criterion
    : undefined
}

function readHorizontal(head: Row, rows: Row[], readings: JsonReading[]): void {
  const filled = rows.filter(row => row.some(({ text }) => /[\p{L}\d]/u.test(text)))
  for (const [column, { text, criterion }] of head.entries()) {
    if (!criterion) continue
    const [row] = filled
    const cell = row?.[column]
    const place = { start: cell?.start ?? 0, end: (cell?.start ?? 0) + (cell?.text.length ?? 0) }
    const reading =
      filled.length !== 1 || !cell
        ? problemAt('ambiguous', { ...place, found: `${filled.length} rows` })
        : readCell(criterion, cell, scaleOf(text))
    readings.push({ name: criterion.name, reading })
  }
}

function readVertical(head: Row | undefined, rows: Row[], readings: JsonReading[]): void {
  const heads = head?.map(({ text }) => text) ?? []
  const columns = heads.flatMap((text, i) =>
    scoreHead.test(text) && !scaleHead.test(text.replace(/\([^)]*\)/g, '')) && !otherHead.test(text)
      ? [i]
      : [],
  )
  const outOf = heads.findIndex(text => scaleHead.test(text.replace(/\([^)]*\)/g, '')))
  // `Out of 10` heads the scores where no other column does.
  const isScore = columns.length === 0 && /\bout of\s+\d/i.test(heads[outOf] ?? '')
  if (isScore) columns.push(outOf)
  const scaleColumn = isScore ? -1 : outOf
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const { criterion } = row[i]!
      if (!criterion) continue
      const next = row.findIndex((cell, j) => j > i && cell.criterion !== undefined)
      const cells = row
        .map((cell, column) => ({ cell, column }))
        .slice(i + 1, next < 0 ? undefined : next)
        .filter(({ column }) => column !== scaleColumn && !otherHead.test(heads[column] ?? ''))
      const chosen = columns.length === 1 ? cells.filter(({ column }) => column === columns[0]) : cells
      const scale =
        scaleColumn < 0 ? scaleOf(heads[columns[0] ?? -1] ?? '') : scaleOf(row[scaleColumn]?.text ?? '')
      const reading = readOnly(
        criterion,
        chosen.map(({ cell }) => cell),
        scale,
      )
      if (reading) readings.push({ name: criterion.name, reading })
    }
  }
}

/** The reading of the one cell that has a value; ambiguous when several have. */
function readOnly(criterion: Criterion, cells: Cell[], scale: number | undefined): Reading | undefined {
  const all = cells.map(cell => readCell(criterion, cell, scale))
  const values = all.filter(({ kind }) => kind === 'value')
  if (values.length < 2)
    return values[0] ?? all.find(each => each.kind === 'problem' && each.reason !== 'unclear') ?? all[0]
  return problemAt('ambiguous', { start: values[0]!.start, end: values.at(-1)!.end })
}

function readCell(criterion: Criterion, { text, start }: Cell, scale: number | undefined): Reading {
  const found = text.slice(0, 80)
  const place = { start, end: start + text.length, found }
  const reading =
    criterion.kind === 'score'
      ? readScoreAlone(criterion, text, scale)
      : readChoice(criterion, `: ${text}`, 0, text.length + 2)
  return reading ? { ...reading, ...place } : problemAt('unclear', place)
}

/** The highest score that a head such as `Grammar (0-5)` or a cell of the column "max" names. */
function scaleOf(text: string): number | undefined {
  const numbers = text.match(/\d{1,4}/g)
  return numbers ? Math.max(...numbers.map(Number)) : undefined
}
