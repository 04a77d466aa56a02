import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { objectsOptions, recordOptions } from '../../api/queries.ts'
import { NotFound } from '../../shell/not-found.tsx'
import { Problem, Skeleton } from '../../ui/states.tsx'
import { ObjectIcon } from '../object-icon.tsx'
import { RecordFields } from './record-fields.tsx'
import { RecordMenu } from './record-menu.tsx'
import { RecordTabs } from './record-tabs.tsx'

/** One record, with room: fields on the left, what relates to it and what happened on the right. */
export function RecordPage() {
  const { object: name, id } = useParams({ from: '/o/$object/$id' })
  const { tab } = useSearch({ from: '/o/$object/$id' })
  const navigate = useNavigate({ from: '/o/$object/$id' })
  const { data: objects } = useQuery(objectsOptions)
  const { data: record, error, refetch } = useQuery(recordOptions(name, id))
  const object = objects?.find((one) => one.name === name)

  useEffect(() => {
    if (record) document.title = `${record.label} · Tandem`
  }, [record])

  if (objects && !object) return <NotFound />
  if (error) return <Problem error={error} retry={() => void refetch()} />
  if (!object || !record) {
    return (
      <div className="p-6">
        <Skeleton lines={12} />
      </div>
    )
  }
  return (
    <main className="flex min-h-0 grow flex-col">
      <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3 sm:px-4">
        <ObjectIcon icon={object.icon} />
        <nav aria-label="Where you are" className="shrink-0 text-table max-sm:hidden">
          <Link
            to="/o/$object"
            params={{ object: name }}
            className="rounded-sm text-muted hover:text-ink hover:underline"
          >
            {object.labelPlural}
          </Link>
          <span className="ml-2 text-faint" aria-hidden>
            /
          </span>
        </nav>
        <h1 className="min-w-0 grow truncate text-sm font-semibold">{record.label}</h1>
        <RecordMenu
          object={object}
          record={record}
          onDeleted={() => void navigate({ to: '/o/$object', params: { object: name }, search: {} })}
        />
      </header>
      <div className="flex min-h-0 grow max-lg:flex-col max-lg:overflow-y-auto">
        <section
          aria-label="Fields"
          className="shrink-0 p-3 sm:p-4 lg:w-[400px] lg:overflow-y-auto lg:border-r lg:border-line"
        >
          <RecordFields object={object} record={record} />
        </section>
        <div className="flex min-h-80 min-w-0 grow flex-col max-lg:border-t max-lg:border-line">
          <RecordTabs
            object={object}
            record={record}
            tab={tab ?? 'history'}
            offer={['history', 'related', 'files']}
            onTab={(next) => void navigate({ search: next === 'fields' ? {} : { tab: next }, replace: true })}
          />
        </div>
      </div>
    </main>
  )
}
