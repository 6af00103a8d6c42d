import { useSignal, useSignalEffect } from '@preact/signals'
import { DropArea } from '../../parts/drop-area.tsx'
import { Problem } from '../../parts/notice.tsx'
import { arrival, record } from '../../state/address.ts'
import type { GradeSession } from './grade-session.ts'

/** Opens a report that `tinystories grade` wrote: from files, from a drop, or from an address, as in `#grade?report=...`. */
export function OpenReport({ session }: { session: GradeSession }) {
  const address = useSignal('')
  useSignalEffect(() => {
    const { panel, values } = arrival.value
    if (panel !== 'grade' || !values.report) return
    address.value = values.report
    void session.openAddress(values.report)
  })
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
      <form
        onSubmit={event => {
          event.preventDefault()
          const url = address.value.trim()
          if (!url) return
          // So that the page's own address can be passed on.
          record('grade', { report: url })
          void session.openAddress(url)
        }}
      >
        <label for="grade-address">Or the address of a report.json</label>
        <div class="input-with-button">
          <input
            id="grade-address"
            type="url"
            placeholder="https://host/report.json"
            value={address.value}
            onInput={event => {
              address.value = event.currentTarget.value
            }}
          />
          <button type="submit">Open</button>
        </div>
      </form>
      <Problem>{session.fileProblem.value}</Problem>
    </DropArea>
  )
}
