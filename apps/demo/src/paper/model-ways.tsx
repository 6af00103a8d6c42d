import { shippedModels } from '../models/shipped.ts'
import { millions } from '../state/models.ts'

interface ModelWaysProps {
  name: string
  value: string
  onChoose(id: string): void
}

/** One of the shipped models, by its size. */
export function ModelWays({ name, value, onChoose }: ModelWaysProps) {
  return (
    <fieldset class="ways">
      <legend class="visually-hidden">Model</legend>
      {shippedModels.map(({ id, name: label, parameters }) => (
        <label key={id}>
          <input type="radio" name={`${name}-model`} checked={id === value} onChange={() => onChoose(id)} />
          <span>
            {label} <small class="figure">{millions(parameters)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
