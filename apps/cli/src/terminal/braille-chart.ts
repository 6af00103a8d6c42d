export interface ChartPoint {
  x: number
  y: number
}

export interface BrailleChartOptions {
  /** Columns and rows of characters; each holds 2 x 4 dots. */
  width: number
  height: number
  from: ChartPoint
  to: ChartPoint
  /** Points that are shown by themselves, each as a {@link chartMark} in place of its character. */
  points?: readonly ChartPoint[]
}

export const chartMark = '•'

/** Dots of a braille character by column and row, from the top: the bits of U+2800 and up. */
const bits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const

/** A line through points as rows of braille characters, the top row first; what lies outside is drawn at the edge. */
export function brailleChart(points: readonly ChartPoint[], options: BrailleChartOptions): string[] {
  const { width, height, from, to, points: single = [] } = options
  const cells = Array.from({ length: height }, () => new Uint8Array(width))
  const columnOf = (x: number): number => scaled(x, from.x, to.x, width * 2)
  const rowOf = (y: number): number => height * 4 - 1 - scaled(y, from.y, to.y, height * 4)
  const dot = (column: number, row: number): void => {
    cells[row >> 2]![column >> 1]! |= bits[column & 1]![row & 3]!
  }
  let before: { column: number; row: number } | undefined
  for (const { x, y } of points) {
    const column = columnOf(x)
    const row = rowOf(y)
    const steps =
      before === undefined ? 0 : Math.max(Math.abs(column - before.column), Math.abs(row - before.row))
    for (let i = 0; i < steps; i++) {
      const part = i / steps
      dot(
        Math.round(before!.column + (column - before!.column) * part),
        Math.round(before!.row + (row - before!.row) * part),
      )
    }
    dot(column, row)
    before = { column, row }
  }
  const rows = cells.map(row => Array.from(row, cell => String.fromCodePoint(0x2800 + cell)))
  for (const { x, y } of single) rows[rowOf(y) >> 2]![columnOf(x) >> 1] = chartMark
  return rows.map(row => row.join(''))
}

/** Which of `count` places a value falls on. */
function scaled(value: number, from: number, to: number, count: number): number {
  const share = to > from ? (value - from) / (to - from) : 0
  return Math.min(count - 1, Math.max(0, Math.round(share * (count - 1))))
}
