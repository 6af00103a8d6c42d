import './grade.css'
import { useSignal } from '@preact/signals'
import { readReport, renderHtml } from '@tinystories/grader'
import { Problem } from '../../parts/notice.tsx'

const LARGEST_BYTES = 50 * 2 ** 20

/** Shows a finished report of the grader. */
export function GradePanel() {
  const report = useSignal<{ name: string; html: string } | undefined>(undefined)
  const problem = useSignal<string | undefined>(undefined)
  const open = async (file: File): Promise<void> => {
    problem.value = undefined
    try {
      if (file.size > LARGEST_BYTES) {
        const size = Math.round(file.size / 2 ** 20).toLocaleString('en')
        throw new Error(`${file.name} has ${size} MB: a report has at most ${LARGEST_BYTES / 2 ** 20}.`)
      }
      report.value = { name: file.name, html: renderHtml(readReport(await file.text(), file.name)) }
    } catch (error) {
      problem.value = (error as Error).message
    }
  }
  return (
    <div class="sheet grade">
      <div>
        <h2>How would a teacher mark these stories?</h2>
        <p class="quiet">
          The command <code>tinystories grade</code> has a judge mark what models wrote. Open the report it
          left to see marks, their uncertainty and each judged story here.
        </p>
      </div>
      <label class="drop-zone">
        <input
          type="file"
          id="grade-file"
          accept=".json,application/json"
          onChange={event => {
            const [file] = event.currentTarget.files ?? []
            if (file) void open(file)
          }}
        />
        <strong>Choose a report</strong>, report.json of a grading. It stays on your machine.
      </label>
      <Problem>{problem.value}</Problem>
      {report.value && (
        // What judges and models wrote must not reach this page: it runs in a place of its own.
        <iframe
          class="report"
          title={`Report ${report.value.name}`}
          sandbox="allow-scripts"
          srcdoc={report.value.html}
        />
      )}
    </div>
  )
}
