import { wrapLines } from './wrap-lines.ts'

const WIDTH = 1200
const MARGIN = 96
const LINE = 54
/** A longer story is cut. */
const MAX_LINES = 26

/** A story as a picture on paper, to be shared. */
export async function drawCard(story: string, credit: string): Promise<Blob> {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')!
  const font = `34px "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", Georgia, serif`
  context.font = font
  const all = wrapLines(story.trim(), text => context.measureText(text).width, WIDTH - 2 * MARGIN)
  const lines = all.length > MAX_LINES ? [...all.slice(0, MAX_LINES), '...'] : all
  canvas.width = WIDTH
  canvas.height = MARGIN * 2 + lines.length * LINE + 70
  context.fillStyle = '#fffdf9'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = '#0f6657'
  context.fillRect(0, 0, canvas.width, 12)
  context.fillStyle = '#23211d'
  context.font = font
  for (const [i, line] of lines.entries()) context.fillText(line, MARGIN, MARGIN + LINE * (i + 1))
  context.fillStyle = '#625b4e'
  context.font = '24px ui-sans-serif, system-ui, sans-serif'
  context.fillText(credit, MARGIN, canvas.height - MARGIN / 2)
  return new Promise(resolve => canvas.toBlob(blob => resolve(blob!), 'image/png'))
}
