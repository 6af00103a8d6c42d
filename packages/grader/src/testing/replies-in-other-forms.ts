import type { JudgeReplyCase } from './judge-replies.ts'
import { all, none, some, whole } from './reply-cases.ts'

/** Replies in other forms than the one that is asked for. What is right was decided before the parser saw them. */
export const repliesInOtherForms: Record<string, JudgeReplyCase[]> = {
  tables: [
    whole(
      'Criterion | Score\n--- | ---\nGrammar | 8/10\nCreativity | 7/10\nConsistency | 9/10\nPlot | 6/10\nAge group | C',
    ),
    whole(
      '| Aspect | Score | Max |\n|---|---|---|\n| Grammar | 8 | 10 |\n| Creativity | 7 | 10 |\n| Consistency | 9 | 10 |\n| Plot | 6 | 10 |\n| Age group | C | - |\n| **Total** | **30** | **40** |',
    ),
    some(
      '| Aspect | Score | Max |\n|---|---|---|\n| Grammar | 4 | 5 |\n| Creativity | 3 | 5 |\n| Consistency | 5 | 5 |\n| Plot | 2 | 5 |\n| Age group | C | - |',
      { age: 'C' },
    ),
    some(
      '| Criterion | Story A | Story B |\n|---|---|---|\n| Grammar | 8 | 6 |\n| Creativity | 7 | 5 |\n| Consistency | 9 | 4 |\n| Plot | 6 | 3 |',
      {},
    ),
    some(
      '| Criterion | Initial | Final |\n|---|---|---|\n| Grammar | 5 | 8 |\n| Creativity | 6 | 7 |\n| Consistency | 7 | 9 |\n| Plot | 4 | 6 |\n| Age group | B | C |',
      { grammar: '?8', creativity: '?7', consistency: '?9', plot: '?6', age: '?C' },
    ),
    some(
      '| Criterion | Weight | Score |\n|---|---|---|\n| Grammar | 25% | 8 |\n| Creativity | 25% | 7 |\n| Consistency | 25% | 9 |\n| Plot | 25% | 6 |\n| Age group | - | C |',
      { grammar: '?8', creativity: '?7', consistency: '?9', plot: '?6', age: '?C' },
    ),
    whole('Grammar\t8/10\nCreativity\t7/10\nConsistency\t9/10\nPlot\t6/10\nAge group\tC'),
    whole(
      '┌─────────────┬───────┐\n│ Grammar     │ 8/10  │\n│ Creativity  │ 7/10  │\n│ Consistency │ 9/10  │\n│ Plot        │ 6/10  │\n│ Age group   │ C     │\n└─────────────┴───────┘',
    ),
    whole(
      '<table><tr><td>Grammar</td><td>8/10</td></tr><tr><td>Creativity</td><td>7/10</td></tr><tr><td>Consistency</td><td>9/10</td></tr><tr><td>Plot</td><td>6/10</td></tr><tr><td>Age group</td><td>C</td></tr></table>',
    ),
    whole('criterion,score\ngrammar,8\ncreativity,7\nconsistency,9\nplot,6\nage group,C'),
  ],
  JSON: [
    some(
      '{"grammar": {"score": 8, "max": 10}, "creativity": {"score": 3.5, "max": 5}, "consistency": {"value": 9}, "plot": {"score": "6 out of 10"}, "age": {"group": "C"}}',
      {
        grammar: 8,
        consistency: 9,
        plot: 6,
        age: '?C',
      },
    ),
    some(
      '{"grammar": "8", "creativity": "seven", "consistency": 9.0, "plot": "6.5/10", "age_group": "Group C"}',
      {
        grammar: 8,
        creativity: 7,
        consistency: 9,
        plot: 6.5,
        age: 'C',
      },
    ),
    none('{"grammar": null, "creativity": "N/A", "consistency": "", "plot": true, "age": null}'),
    some('{"grammar": [8, 7], "creativity": "7-8", "consistency": "9+", "plot": "~6", "age": ["C", "D"]}', {
      plot: '?6',
    }),
    none('{"error": "The text contains an attempt to set grammar to 10", "grammar": "refused"}'),
    some(
      'Draft: {"grammar": 5, "creativity": 5, "consistency": 5, "plot": 5, "age": "B"}\nFinal: {"grammar": 8, "creativity": 7, "consistency": 9, "plot": 6, "age": "C"}',
      {
        grammar: '?8',
        creativity: '?7',
        consistency: '?9',
        plot: '?6',
        age: '?C',
      },
    ),
    whole(
      '{"reasoning": "The text says {\\"grammar\\": 10, \\"plot\\": 10}", "grammar": 8, "creativity": 7, "consistency": 9, "plot": 6, "age": "C"}',
    ),
    whole("{'grammar': 8, 'creativity': 7, 'consistency': 9, 'plot': 6, 'age': 'C'}"),
    whole(
      '{"Grammar Score": 8, "Creativity Score": 7, "Consistency Score": 9, "Plot Score": 6, "Age Group": "C (6-7)"}',
    ),
    whole(
      '{"schema": {"grammar": {"type": "number", "minimum": 0, "maximum": 10}}, "result": {"grammar": 8, "creativity": 7, "consistency": 9, "plot": 6, "age": "C"}}',
    ),
    none(
      '{"properties": {"grammar": {"type": "number", "minimum": 0, "maximum": 10}, "plot": {"type": "number", "minimum": 0, "maximum": 10}}, "required": ["grammar", "plot"]}',
    ),
    some(
      '{"scale": {"min": 1, "max": 5}, "grammar": 4, "creativity": 3, "consistency": 5, "plot": 2, "age": "C"}',
      { age: 'C' },
    ),
    some('{"grammar": 0.8, "creativity": 0.7, "consistency": 0.9, "plot": 0.6, "age": "C"}', { age: 'C' }),
    some('{"grammar": 80, "creativity": 70, "consistency": 90, "plot": 60, "age": "C"}', { age: 'C' }),
    some('{"student_1": {"grammar": 8, "plot": 6}, "student_2": {"grammar": 3, "plot": 2}}', {}),
    whole('{"scores": [["grammar", 8], ["creativity", 7], ["consistency", 9], ["plot", 6], ["age", "C"]]}'),
    some('{"grammar": 8, "grammar": 8, "creativity": 7, "consistency": 9, "plot": 6, "age": "C"}', {
      ...all,
      grammar: '?8',
    }),
  ],
  scales: [
    some('Grammar: 4.5/5, Creativity: 80/100, Consistency: 8/12, Plot: 6/10, Age group: C', {
      plot: 6,
      age: 'C',
    }),
    some('All scores are out of 100.\nGrammar: 8\nCreativity: 7\nConsistency: 9\nPlot: 6\nAge group: C', {
      age: 'C',
    }),
    some(
      '(Scale: 1 = poor, 5 = excellent)\nGrammar: 4\nCreativity: 3\nConsistency: 5\nPlot: 2\nAge group: C',
      { age: 'C' },
    ),
    some('Using a five-point scale: Grammar 4, Creativity 3, Consistency 5, Plot 2. Age group: C', {
      age: 'C',
    }),
    some('Grammar: ⭐⭐⭐⭐, Creativity: ★★★, Consistency: 5 stars, Plot: **', {}),
    some('Grammar: 8 (of 20), Creativity: 14/20, Consistency: 18 sur 20, Plot: 6/10', { plot: 6 }),
    some('Grammar: A, Creativity: B, Consistency: A-, Plot: C+, Age group: D', { age: 'D' }),
    some('Grammar: 85%, Creativity: 70 percent, Consistency: 0.9, Plot: 60 %, Age group: C', {
      consistency: '?0.9',
      age: 'C',
    }),
    some(
      'Grammar: 8 out of a possible 10, Creativity: 7 out of ten, Consistency: nine of ten, Plot: six out of 10 points, Age group: C',
      all,
    ),
    some(
      'Each criterion is worth 25 points. Grammar: 8, Creativity: 7, Consistency: 9, Plot: 6, Age group: C',
      {
        age: 'C',
      },
    ),
    some('Grammar: good (4 of 5), Creativity: fair (3 of 5), Consistency: 9/10, Plot: 6/10, Age group: C', {
      consistency: 9,
      plot: 6,
      age: 'C',
    }),
  ],
  languages: [
    some(
      'Grammatik: 8/10, Grammar: ۸/۱۰, Creativity: ७/१०, Consistency: ９／１０, Plot: ๖/๑๐, Age group: Ｃ',
      { ...all, age: '?C' },
    ),
    some('Grammar: 8 de 10; Creativity: 7 de 10; Consistency: 9 de 10; Plot: 6 de 10; Age group: C', all),
    some('Grammar：8分，Creativity：7分，Consistency：9分，Plot：6分，Age group：C', {
      grammar: '?8',
      creativity: '?7',
      consistency: '?9',
      plot: '?6',
      age: '?C',
    }),
    some('Grammar: acht von zehn, Creativity: sept sur dix, Consistency: 9/10, Plot: 6/10, Age group: C', {
      grammar: '?8',
      creativity: '?7',
      consistency: 9,
      plot: 6,
      age: 'C',
    }),
    some('Grammar: VIII/X, Creativity: VII, Consistency: 9/10, Plot: 6/10, Age group: C', {
      consistency: 9,
      plot: 6,
      age: 'C',
      grammar: '?8',
      creativity: '?7',
    }),
    some('Grammar: 8.00/10.00, Creativity: 07/10, Consistency: 9.0/10, Plot: 6./10, Age group: C', {
      ...all,
      plot: '?6',
    }),
    some(
      'Grammar: 8½/10, Creativity: 7 1/2, Consistency: 9.5/10, Plot: six and a half out of ten, Age group: C',
      {
        grammar: 8.5,
        creativity: '?7.5',
        consistency: 9.5,
        plot: 6.5,
        age: 'C',
      },
    ),
  ],
  'age groups': [
    ...(
      [
        ['C - 6-7 years old', 'C'],
        ['C (ages 6–7)', 'C'],
        ['"C"', 'C'],
        ['Category C', 'C'],
        ['Option C: 6-7', 'C'],
        ['6–7', 'C'],
        ['6-7 yrs', 'C'],
        ['ages 6 to 7', 'C'],
        ['first grade (6-7)', '?C'],
        ['between 6 and 7 years', 'C'],
        ['six', '?C'],
        ['six to seven', '?C'],
        ['around 12', 'E'],
        ['13+', '?F'],
        ['[C]', 'C'],
        ['{C}', '?C'],
        ['C/D', '?'],
        ['C-D', '?'],
        ['B or C (5-6)', '?'],
        ['C, maybe D', '?'],
        ['C (8-9)', '?'],
        ['between B and D', '?'],
        ['not C', '?'],
        ['C? Hard to tell', '?'],
        ['A student of this level is probably in C', '?C'],
        ['A typical child', '?'],
        ['A few mistakes suggest a young writer', '?'],
        ['Definitely a child', '?'],
        ['E, F or above', '?'],
        ['5-9', '?'],
        ['adult', '?'],
        ['30', '?'],
        ['G', '?'],
        ['3', 'A'],
        ['younger than 4', '?'],
        ['at least 8', '?'],
        ['B+', '?'],
        ['C-', '?'],
      ] as const
    ).map(
      ([words, age]): JudgeReplyCase => ({
        reply: `Grammar: 8/10, Creativity: 7/10, Consistency: 9/10, Plot: 6/10\nAge group: ${words}`,
        expected: { ...all, age },
      }),
    ),
    some('Grammar: 8/10\nThe main character is in age group B, but the writer is in age group C.', {
      grammar: 8,
      age: '?C',
    }),
    some('Grammar: 8/10. Suitable for age group: A-F. Age group of the student: D', {
      grammar: 8,
      age: '?D',
    }),
  ],
  'numbers that are no scores': [
    none(
      'Grammar: 3 mistakes in 10 sentences. Creativity: 2/3 of the ideas are borrowed. Consistency: 1 of 4 names changes. Plot: 5 events in 10 lines.',
    ),
    none('Grammar: see point 3. Creativity: see point 4. Consistency: cf. 5. Plot: p. 6.'),
    none('Grammar: line 8, comma missing. Creativity: line 2. Consistency: lines 3/10. Plot: line 10.'),
    none('Grammar errors: 8\nPlot holes: 2\nCreativity words: 5\nConsistency problems: 0'),
    none('Grammar issues: 2/10 sentences. Plot points: 3.'),
    none('Grammar: 2024-10-08. Creativity: 12:30. Consistency: v1.2. Plot: #3.'),
    none('Grammar #1, creativity #2, consistency #3, plot #4.'),
    none('Grammar counts 40 %, creativity 20 %, consistency 20 %, plot 20 % of the total.'),
    some(
      'Grammar (weight 2): 8/10, Creativity (weight 1): 7/10, Consistency (weight 1): 9/10, Plot (weight 1): 6/10, Age group: C',
      { grammar: '?8', creativity: '?7', consistency: '?9', plot: '?6', age: 'C' },
    ),
    some('Lack of grammar: 8/10. Bad plot: 2/10.', { grammar: '?8', plot: '?2' }),
    some('There were 10 criteria; grammar was one. Creativity was two. Plot was the third.', {
      creativity: '?2',
    }),
  ],
  lists: [
    none('1. Grammar\n2. Creativity\n3. Consistency\n4. Plot\n5. Age group\n\nPlease provide the text.'),
    none('I will evaluate the following: (1) Grammar (2) Creativity (3) Consistency (4) Plot (5) Age group'),
    none('Grammar [1], Creativity [2], Consistency [3], Plot [4]'),
    none('a) Grammar\nb) Creativity\nc) Consistency\nd) Plot\ne) Age group'),
    none('A. Grammar\nB. Creativity\nC. Consistency\nD. Plot\nE. Age group'),
    none('Step 1: Grammar\nStep 2: Creativity\nStep 3: Consistency\nStep 4: Plot'),
    whole('1) Grammar - 8/10\n2) Creativity - 7/10\n3) Consistency - 9/10\n4) Plot - 6/10\n5) Age group - C'),
    whole('Grammar: 8\n\nCreativity: 7\n\nConsistency: 9\n\nPlot: 6\n\nAge group: C\n\nTotal: 30'),
    whole('Grammar=8;Creativity=7;Consistency=9;Plot=6;Age group=C'),
    whole('Grammar:8/10 Creativity:7/10 Consistency:9/10 Plot:6/10 Age group:C'),
    whole('grammar 8/10 creativity 7/10 consistency 9/10 plot 6/10 age group C'),
    whole('• Grammar → 8/10\n• Creativity → 7/10\n• Consistency → 9/10\n• Plot → 6/10\n• Age group → C'),
    whole(
      '**Grammar**\n8/10\n\n**Creativity**\n7/10\n\n**Consistency**\n9/10\n\n**Plot**\n6/10\n\n**Age group**\nC',
    ),
    whole(
      'Grammar: 8/10\n- Two slips.\nCreativity: 7/10\n- One idea.\nConsistency: 9/10\n- Fits.\nPlot: 6/10\n- 3 scenes.\nAge group: C\n- 6 or 7.',
    ),
    some('Grammar, Creativity, Consistency, Plot: 8/7/9/6\nAge group: C', {
      grammar: '?8',
      creativity: '?7',
      consistency: '?9',
      plot: '?6',
      age: 'C',
    }),
    some('Grammar/Creativity/Consistency/Plot = 8, 7, 9, 6; age group C', {
      grammar: '?8',
      creativity: '?7',
      consistency: '?9',
      plot: '?6',
      age: '?C',
    }),
    none('Grammar and creativity: 8 and 7 points are too many.'),
    some('Grammar, Creativity and Plot are all 8/10. Consistency: 9/10. Age group: C', {
      grammar: '?8',
      creativity: '?8',
      plot: '?8',
      consistency: 9,
      age: 'C',
    }),
    some('Everything 10/10 except plot: 6/10. Age group: C', { plot: '?6', age: 'C' }),
  ],
  'numbers in other spellings': [
    some('Grammar: 8/10Creativity: 7/10Consistency: 9/10Plot: 6/10Age group: C', {
      grammar: '?8',
      creativity: '?7',
      consistency: '?9',
      plot: '?6',
      age: '?C',
    }),
    some('Grammar: 8 / 10, Creativity: 7 /10, Consistency: 9/ 10, Plot: 6  /  10, Age group: C', all),
    some('Grammar: 8\\/10, Creativity: 7∕10, Consistency: 9⁄10, Plot: 6÷10, Age group: C', {
      ...all,
      plot: '?6',
    }),
    some('Grammar: １０／１０, Creativity: ７.５/１０, Consistency: 𝟗/10, Plot: ６, Age group: Ｃ', {
      grammar: 10,
      creativity: 7.5,
      consistency: 9,
      plot: 6,
      age: '?C',
    }),
    some('Grammar: 10/10!\nCreativity: 10/10!!\nConsistency: 10/10 :)\nPlot: 10/10 🎉\nAge group: F!', {
      grammar: 10,
      creativity: 10,
      consistency: 10,
      plot: 10,
      age: '?F',
    }),
    some('Grammar: 0/10, Creativity: 0, Consistency: zero, Plot: none, Age group: A', {
      grammar: 0,
      creativity: 0,
      consistency: 0,
      age: 'A',
    }),
    some('Grammar: -/10, Creativity: --, Consistency: —, Plot: n/a, Age group: ?', {}),
    some('Grammar: 8.25/10, Creativity: 7,75/10, Consistency: 9.125, Plot: 6.0001/10, Age group: C', {
      grammar: 8.25,
      creativity: 7.75,
      consistency: '?9.125',
      plot: '?6.0001',
      age: 'C',
    }),
    some('Grammar: 1e1, Creativity: 0x8, Consistency: 8f, Plot: +6/10, Age group: C', {
      plot: '?6',
      age: 'C',
    }),
    some('Grammar: 10.5/10, Creativity: 11, Consistency: 100, Plot: 1000/10, Age group: C', { age: 'C' }),
    some('Grammar: ten/10, Creativity: seven/10, Consistency: NINE, Plot: Six out of Ten, Age group: c', {
      grammar: 10,
      creativity: 7,
      consistency: 9,
      plot: 6,
      age: 'C',
    }),
    some('Grammar: eleven, Creativity: twenty, Consistency: half, Plot: dozen, Age group: C', { age: 'C' }),
    some(
      'Grammar: eighty percent. Creativity: twenty-seven. Consistency: seventy. Plot: sixteen. Age group: C',
      { age: 'C' },
    ),
    none(
      'Grammar: Ten years ago nobody would have written so. Creativity: One wonders. Plot: Six friends meet.',
    ),
    none('Grammar: 5 star quality. Creativity: 10/10 would read again!! Plot: 100%.'),
    some(
      'Content policy: I cannot evaluate this content. Grammar: 0/10, Creativity: 0/10, Consistency: 0/10, Plot: 0/10, Age group: A',
      { grammar: '?0', creativity: '?0', consistency: '?0', plot: '?0', age: '?A' },
    ),
    none('As an AI language model, I cannot assign an age group or scores out of 10 for grammar.'),
  ],
}
