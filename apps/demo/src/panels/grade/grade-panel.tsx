import './grade.css'
import { useEffect, useMemo } from 'preact/hooks'
import { GradeSession } from './grade-session.ts'
import { JudgeForm } from './judge-form.tsx'
import { ModelsForm } from './models-form.tsx'
import { OpenReport } from './open-report.tsx'
import { Results } from './results.tsx'

/** Completions of up to three models, side by side, judged by a language model of the visitor's; or a finished report. */
export function GradePanel() {
  const session = useMemo(() => new GradeSession(), [])
  useEffect(() => () => session.dispose(), [])
  return (
    <div class="grade">
      <div class="with-rail">
        <ModelsForm session={session} />
        <div class="rail">
          <JudgeForm session={session} />
          <OpenReport session={session} />
        </div>
      </div>
      <Results session={session} />
    </div>
  )
}
