export function TrainPanel() {
  return <p class="quiet">This part is being built.</p>
}
