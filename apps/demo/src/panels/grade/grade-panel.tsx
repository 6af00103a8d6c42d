import './grade.css'
import { useEffect, useMemo } from 'preact/hooks'
import { useLeaveWarning } from '../../parts/use-leave-warning.ts'
import { GradeSession } from './grade-session.ts'
import { JudgeForm } from './judge-form.tsx'
import { ModelsForm } from './models-form.tsx'
import { OpenReport } from './open-report.tsx'
import { Results } from './results.tsx'

/** Completions of up to three models, side by side, judged by a language model of the visitor's; or a finished report. */
export function GradePanel() {
  const session = useMemo(() => new GradeSession(), [])
  useEffect(() => () => session.dispose(), [])
  // Scores are paid for, and are in this page only until they are downloaded.
  useLeaveWarning(() => session.report.value !== undefined || session.judging.value !== undefined)
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
