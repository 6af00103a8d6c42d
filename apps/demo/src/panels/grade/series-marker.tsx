/** A shape of its own for each model: color alone does not distinguish them. */
export function SeriesMarker({ index }: { index: number }) {
  if (index % 3 === 0) return <circle r="4.5" />
  if (index % 3 === 1) return <rect x="-4" y="-4" width="8" height="8" />
  return <path d="M0-5.5 5.5 0 0 5.5-5.5 0z" />
}
