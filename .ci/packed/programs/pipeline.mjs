import { createSchedule, defaultRecipe } from '@tinystories/pipeline'

export default async function run() {
  const schedule = createSchedule({ ...defaultRecipe, schedule: 'constant', learningRate: 0.5 })
  return [typeof schedule]
}
export const expected = [typeof createSchedule({ ...defaultRecipe, schedule: 'constant' })]
