export function ComparePanel() {
  return <p class="quiet">This part is being built.</p>
}
