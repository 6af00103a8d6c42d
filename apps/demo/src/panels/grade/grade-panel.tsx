import './grade.css'
import { useEffect, useMemo } from 'preact/hooks'
import { GradeSession } from './grade-session.ts'
import { OpenReport } from './open-report.tsx'
import { PupilsForm } from './pupils-form.tsx'
import { Results } from './results.tsx'
import { TeacherForm } from './teacher-form.tsx'

/** Completions of up to three models, side by side, marked by a language model of the visitor's; or a finished report. */
export function GradePanel() {
  const session = useMemo(() => new GradeSession(), [])
  useEffect(() => () => session.dispose(), [])
  return (
    <div class="grade">
      <div class="with-rail">
        <PupilsForm session={session} />
        <div class="rail">
          <TeacherForm session={session} />
          <OpenReport session={session} />
        </div>
      </div>
      <Results session={session} />
    </div>
  )
}
