export function GradePanel() {
  return <p class="quiet">This part is being built.</p>
}
