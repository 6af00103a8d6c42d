import type { Task, TaskEvent } from '@tinystories/sweep'
import { messageOf } from '../errors/describe-error.ts'
import { print, printError } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'

/** Shows what happens in a sweep: a line for each stage that ends, and how far the one at work is. */
export class SweepProgress implements Disposable {
  readonly #line = new ProgressLine()

  show(event: TaskEvent): void {
    switch (event.type) {
      case 'progress': {
        const { task, done, note } = event
        this.#line.show(
          `${nameOf(task)}  ${Math.floor(done * 100)} %${note === undefined ? '' : `  ${note}`}`,
        )
        break
      }
      case 'done':
        this.#line.end()
        print(`done    ${nameOf(event.task)}`)
        break
      case 'failed':
        this.#line.end()
        printError(`failed  ${nameOf(event.task)}: ${messageOf(event.error, 'sweep run')}`)
        break
      case 'queue-trouble':
        this.#line.show(`${messageOf(event.error)} Trying again.`, true)
        break
      case 'waiting':
        this.#line.show('Waiting for stages that other processes work on.', true)
    }
  }

  [Symbol.dispose](): void {
    this.#line.end()
  }
}

const nameOf = ({ stage, cells }: Task): string =>
  `${stage.name} ${cells.length === 1 ? cells[0]!.name : `(${cells.length} models)`}`
