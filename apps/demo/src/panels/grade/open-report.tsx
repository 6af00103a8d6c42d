import { DropArea } from '../../parts/drop-area.tsx'
import { Problem } from '../../parts/notice.tsx'
import type { GradeSession } from './grade-session.ts'

/** Opens a report that `tinystories grade` wrote, from files or from a drop. */
export function OpenReport({ session }: { session: GradeSession }) {
  return (
    <DropArea onFiles={({ files }) => session.openFiles([...files])}>
      <label class="drop-zone">
        <input
          id="grade-report"
          type="file"
          multiple
          accept=".json,application/json"
          onChange={event => {
            const files = [...(event.currentTarget.files ?? [])]
            if (files.length > 0) void session.openFiles(files)
            event.currentTarget.value = ''
          }}
        />
        <strong>Or open a finished report</strong>: drop or choose the report.json of{' '}
        <code>tinystories grade</code>, or the gradings.json of several models.
      </label>
      <Problem>{session.fileProblem.value}</Problem>
    </DropArea>
  )
}
