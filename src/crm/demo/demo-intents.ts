import type { Intent } from '#contract'
import { words } from '../fields/text-rules.ts'
import { demoCompanies } from './companies.ts'
import { createRandom } from './random.ts'
import { firstNames, jobTitles, lastNames, notes, products, taskTitles } from './words.ts'

/** Records of one object; `ids` gives those of the objects before, in the order in which they were made. */
type Step = { name: string; intents(ids: (object: string) => string[]): Intent[] }

const people = 150
const opportunities = 80
const tasks = 60
const day = 86_400_000

/** A sales team's year around `at`, shared out among `owners`. The same input gives the same intents. */
export function demoIntents(at: Date, owners: readonly string[]): Step[] {
  const random = createRandom(20_26)
  const daysFrom = (days: number) => new Date(at.getTime() + days * day).toISOString().slice(0, 10)
  const owner = () => (owners.length === 0 ? null : random.pick(owners))
  const create = (object: string, values: Record<string, unknown>): Intent => ({
    do: 'create',
    object,
    values,
  })

  const employers = Array.from({ length: people }, (_, i) =>
    // Everybody gets somebody, the first companies a few more.
    i < demoCompanies.length ? i : random.below(Math.ceil(demoCompanies.length / 2)),
  )
  const employeesOf = (company: number) =>
    employers.flatMap((employer, i) => (employer === company ? [i] : []))
  const about = (ids: (object: string) => string[]) => {
    const object = random.pick(['company', 'opportunity', 'opportunity', 'person'])
    return { object, id: random.pick(ids(object)) }
  }

  return [
    {
      name: 'company',
      intents: () =>
        demoCompanies.map(({ name, industry, city, country, employees, revenue, host }) =>
          create('company', {
            name,
            domain: `https://${host}.example`,
            industry,
            city,
            country,
            employees,
            annual_revenue: { amount: revenue * 1000, currency: 'EUR' },
            owner: owner(),
          }),
        ),
    },
    {
      name: 'person',
      intents: (ids) =>
        employers.map((employer, i) => {
          const company = demoCompanies[employer]
          const first = firstNames[i % firstNames.length] ?? ''
          const last = lastNames[(i * 7 + Math.floor(i / 50) * 11) % lastNames.length] ?? ''
          return create('person', {
            name: { first, last },
            emails: [`${words(first).join('')}.${words(last).join('')}@${company?.host}.example`],
            // Ofcom keeps 020 7946 0000 to 0999 for stories.
            phones: random.below(4) === 0 ? null : [`+44 20 7946 0${String(i).padStart(3, '0')}`],
            job_title: random.pick(jobTitles),
            company: ids('company')[employer],
            city: company?.city,
            owner: owner(),
          })
        }),
    },
    {
      name: 'opportunity',
      intents: (ids) =>
        Array.from({ length: opportunities }, (_, i) => {
          const company = (i * 7) % demoCompanies.length
          const stage = random.pick([
            'new',
            'new',
            'qualified',
            'qualified',
            'proposal',
            'proposal',
            'negotiation',
            'won',
            'won',
            'lost',
          ])
          const closed = stage === 'won' || stage === 'lost'
          return create('opportunity', {
            name: `${demoCompanies[company]?.name}: ${random.pick(products)}`,
            amount: { amount: (random.below(48) + 2) * 2500, currency: 'EUR' },
            close_date: closed ? daysFrom(-1 - random.below(200)) : daysFrom(random.below(130) - 10),
            stage,
            company: ids('company')[company],
            contact: ids('person')[random.pick(employeesOf(company))],
            owner: owner(),
          })
        }),
    },
    {
      name: 'task',
      intents: (ids) =>
        Array.from({ length: tasks }, () => {
          const status = random.pick(['todo', 'todo', 'in_progress', 'done'])
          return create('task', {
            title: random.pick(taskTitles),
            due_date: daysFrom(status === 'done' ? -1 - random.below(30) : random.below(25) - 4),
            status,
            assignee: owner(),
            about: about(ids),
          })
        }),
    },
    {
      name: 'note',
      intents: (ids) =>
        Array.from({ length: 40 }, (_, i) => {
          const [title, body] = notes[i % notes.length] ?? ['', '']
          return create('note', { title, body, about: about(ids) })
        }),
    },
  ]
}
