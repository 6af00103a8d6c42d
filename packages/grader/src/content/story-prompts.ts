import type { Prompt } from '../completions/prompt.ts'

/**
 * Beginnings of stories, all written for this project, each cut inside a sentence so that a model shows whether it
 * can finish it. They differ in what they ask of a model: an object to remember, a quarrel to settle, a plan, a
 * reason, somebody who speaks.
 */
const texts = [
  'Nora had a tin box full of buttons. Every evening she poured them on the rug and sorted them by color. Tonight one button was missing, the big green one. Nora looked under the chair and',
  'The old tractor did not want to start. Grandpa kicked the wheel and said a funny word. Little Pim giggled. "Maybe the tractor is cold," said Pim. He ran to the house and came back with',
  'A snail lived at the bottom of a long hill. At the top of the hill there was a garden with sweet lettuce. One rainy morning the snail told the frog, "Today I will',
  "It was the first day of school and Ivy did not let go of her father's hand. A boy with a yellow hat came up to her. He opened his lunch box and",
  "Every night the moon looked into Theo's window. Tonight there was no moon at all. Theo was worried, so he took his flashlight and",
  'Mr. Bell baked bread for the whole village. One morning he found small footprints in the flour. They went across the table, down the leg and',
  'Rosa and her brother Max shared one bicycle. On Monday Rosa rode it and on Tuesday Max rode it. But today was Wednesday, and both of them',
  'A little cloud wanted to rain on the flowers, but it was too small. It asked the biggest cloud in the sky, "Please, can you',
  'Deep in the wood stood a house made of leaves. A hedgehog lived there with her three sons. The youngest son was always asking questions. One day he asked his mother why',
  "Sam's tooth had been loose for a week. He pushed it with his tongue at breakfast, at school and in the bath. When he bit into an apple,",
  'The two kittens were told to stay away from the pond. The black kitten obeyed. The white kitten saw a shiny fish and',
  'Ella found a letter on the path. It was wet and nobody had opened it. The name on it was hard to read, but Ella thought it said',
  'There once was a king who was afraid of mice. He told nobody, not even the queen. But one evening at dinner a mouse',
  'Ben built a tower with all of his blocks. It was taller than his sister. "Do not touch it," he said. Then the dog ran in with its tail wagging and',
  'Anna\'s grandmother lived far away and only came in summer. This year she brought a heavy suitcase. "Guess what is in it," she said. Anna shook her head, so Grandma opened it and',
  'A young owl did not like the dark. While the other owls flew about at night, he sat in his tree and kept his eyes shut. His aunt sat down beside him and said, "When I was small, I',
  'The snow was so deep that Tom could not see the fence. He wanted to bring soup to the old lady next door. He put on his boots and',
  'Lena loved to draw on the wall, and her mother did not love it at all. "If you draw on the wall again," said her mother, "you will have to',
  'One hot day a thirsty crow saw a bucket behind the barn. There was only a little water at the very bottom. The crow thought for a while and then',
  'Daniel had three coins. He wanted a kite, but the kite cost five coins. On the way home he met Mrs. Green, who was carrying two big bags. Daniel asked her',
  'The train to the sea left at nine. It was ten minutes to nine, and Papa still could not find the tickets. Mia looked in the bread box, because',
  'In the middle of the night something knocked on the window. Knock, knock. Paul sat up. He was a little bit scared, but he pulled the curtain away and saw',
  'A fox with a sore paw lay by the road. Two children came along with a basket. The girl wanted to help, but the boy said, "Foxes bite. We should',
  'Kim planted a bean in a cup. On the first day nothing happened, and on the second day nothing happened. On the third day Kim was so cross that she',
  'Old Captain Moss had one boat, one goat and one red sock. When he lost the sock, he asked the goat, and the goat',
  'The birthday cake stood on the kitchen table with six candles. When Mother came back, a piece was gone. Everybody looked at Fred, who had crumbs on his chin. Fred said that',
  'Julia was the smallest in her class, and nobody picked her for the ball game. One day the ball rolled under the shed, where only',
  'A robot lived in the toy shop. At night, when the shop was closed, he walked up and down and talked to the dolls. He had one wish: he wanted to',
  'Two ducks wanted the same nest. "I was here first," said the brown duck. "But I brought the straw," said the gray duck. Then the goose came and told them',
  'When the lights went out, Mama lit a candle and put it on the table. "What shall we do now?" asked Oscar. His sister had an idea. She held her hands in front of the candle and',
  'Every Friday Mr. Park sold balloons at the corner. This Friday the wind was so strong that the balloons',
  'A bear cub found a jar of honey that was shut tight. He shook it, he bit it and he sat on it. At last he carried it to the beaver and said,',
  "Lucy's best friend Hana was going to move to another town. Lucy wanted to give her something that she would never lose. She went up to her room and",
  'Once there was a bridge, and under the bridge lived a troll who was tired of being mean. When the next goat came across, the troll',
  "Peter's mother was ill, so Peter made breakfast by himself. He knew where the eggs were, but he did not know how",
  'The smallest star in the sky could not twinkle. The other stars twinkled all night long and laughed at it. One night a girl on the ground pointed up and said,',
  'On the way to the market the donkey stopped and would not move. The farmer pulled and the farmer pushed. His daughter looked at the ground in front of the donkey and',
  "Jonas had promised to feed his neighbor's rabbit. But on Saturday he played all day and forgot. On Sunday morning he remembered, and right away he",
  'A girl named Tilly could hear what trees say. Most of the time they talked about the weather. But today the old oak whispered to her that',
  'The class went to the zoo. Everyone wanted to see the lions, but Amir wanted to see the tortoise. "It does nothing at all," said the others. Amir sat down in front of it and waited until',
  'Grandpa\'s glasses were not on his nose, not on the shelf and not in the garden. "Without them I cannot read you the story," he said. Then Maja looked at him and laughed, because',
  'A mouse and an elephant wanted to play hide and seek. When the elephant hid, the mouse found him at once. When the mouse hid, the elephant',
  'There was a hole in the fence behind the school. Nobody was allowed to go through it. When the cat slipped through, Emma looked left, looked right and',
  'The ice cream man had only one scoop left, and in front of him stood two children. The first one was crying. The second one looked at the crying child and',
  'David wanted to learn to swim like his big sister. He stood at the edge of the pool with his toes in the water. "Jump," said his sister, "and I will',
  "The wind took Grandma's hat and carried it over the roof. It landed in the nest of a stork. The stork thought it was",
  'Polly had told a lie. She had said that the vase was broken by the cat. Now the cat had to sleep outside, and it was raining. Polly lay in her bed and',
  'A seed fell into a crack between two stones. "There is no room for you here," said the stones. But the seed',
  'The twins dressed alike, so the teacher never knew who was who. One day Carl did something kind, and the teacher thanked Karl. Karl felt strange. He',
  'At the end of the street there was a shop that sold only lamps. One lamp had never been sold, because it was crooked. One day a boy with a crooked smile came in and',
  'The goldfish had seen the same four walls of glass all her life. One day she asked the cat, who sat in front of her every day, what',
  'Marta carried the milk home in a can. She was thinking about the new puppy and not about her feet. Suddenly',
  'When spring came, the snowman began to get thin. The children who had made him were sad. "Do not be sad," said the snowman, "because next winter',
  'Grandma could knit anything. She knitted a scarf for Leo, a blanket for the horse and even a cap for the teapot. When the little tree in the yard shivered in the wind, she',
]

/** The 54 story prompts that come with the package. */
export const storyPrompts: readonly Prompt[] = texts.map((text, i) => ({
  id: `b${String(i + 1).padStart(2, '0')}`,
  text,
}))
