export function InsidePanel() {
  return <p class="quiet">This part is being built.</p>
}
