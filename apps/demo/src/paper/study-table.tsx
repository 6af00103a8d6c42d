import facts from 'virtual:study-facts'

/** Our own measurements of `studies/`, as far as there are any, and what is missing of them. */
export function StudyTable() {
  if (!facts)
    return (
      <p class="quiet small">
        This project's own replication, on two processor cores, is still running. Its table appears here once
        there are results.
      </p>
    )
  const kinds = Object.keys(facts.models[0]?.probes ?? {})
  return (
    <>
      <h3>Measured by this project: {facts.name}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that is too wide is moved with the keys */}
      <section class="scrolled" aria-label="Results of this project" tabIndex={0}>
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">width x layers</th>
              <th scope="col">heads</th>
              <th scope="col">seed</th>
              <th scope="col">bits per byte</th>
              {kinds.map(kind => (
                <th key={kind} scope="col">
                  {kind}, %
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {facts.models.map(({ hidden, layers, heads, seed, bitsPerByte, probes }) => (
              <tr key={`${hidden}-${layers}-${heads}-${seed}`}>
                <th scope="row">
                  {hidden} x {layers}
                </th>
                <td>{heads}</td>
                <td>{seed}</td>
                <td>{bitsPerByte.toFixed(3)}</td>
                {kinds.map(kind => (
                  <td key={kind}>
                    {probes[kind]
                      ? `${Math.round(probes[kind].accuracy * 100)} (${Math.round(probes[kind].low * 100)} to ${Math.round(probes[kind].high * 100)})`
                      : '-'}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="quiet small">
        {facts.done} of {facts.cells} models are trained; in brackets 95 % intervals. Each was trained on far
        fewer tokens than in the paper, so what needs long training may be missing for that reason.
      </p>
      {facts.findings.length > 0 && (
        <details>
          <summary>What the paper found, and what these numbers say about it</summary>
          <ul class="findings">
            {facts.findings.map(({ statement, verdict, evidence }) => (
              <li key={statement}>
                <strong>{verdict}</strong>: {statement} <span class="quiet">{evidence}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
