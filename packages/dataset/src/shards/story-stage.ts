import type { Stage } from '../stream/stage.ts'
import type { TokenizedStory } from '../stream/tokens.ts'
import { orderedStage, type ShardSource } from './ordered-stage.ts'
import { orderRecipe, type ShardOrder } from './shard-order.ts'

/** Stories as tokens, each read by itself. */
export function storyStage(source: ShardSource, order: ShardOrder): Stage<TokenizedStory> {
  const { rank, world } = order
  const stories = orderedStage<TokenizedStory>(source, order, {
    recipe: [
      'token shards',
      'stories',
      ...orderRecipe(order),
      // Packing joins the stories of one rank, so its state is that rank's alone.
      ...(world === 1 ? [] : [`shard(${rank} of ${world})`]),
    ],
    sizeOf: reader => reader.index.stories,
    make: (reader, [story]) => reader.story(story!),
    group: 1,
    dropLast: false,
  })
  return { ...stories, permuted: seed => storyStage(source, { ...order, seed }) }
}
