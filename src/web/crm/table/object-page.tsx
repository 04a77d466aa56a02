import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { objectsOptions } from '../../api/queries.ts'
import { NotFound } from '../../shell/not-found.tsx'
import { remember } from '../../ui/remembered.ts'
import { Problem, Skeleton } from '../../ui/states.tsx'
import { ObjectTable } from './object-table.tsx'

/** One object's records: `/o/company?filter=…&sort=…&record=…`. */
export function ObjectPage() {
  const { object: name } = useParams({ from: '/o/$object' })
  const view = useSearch({ from: '/o/$object' })
  const { data: objects, error, refetch } = useQuery(objectsOptions)
  const object = objects?.find((one) => one.name === name)

  useEffect(() => {
    if (!object) return
    remember('object', object.name)
    document.title = `${object.labelPlural} · Tandem`
  }, [object])

  if (error) return <Problem error={error} retry={() => void refetch()} />
  if (!objects) {
    return (
      <div className="p-6">
        <Skeleton lines={12} />
      </div>
    )
  }
  return object ? <ObjectTable key={object.name} object={object} view={view} /> : <NotFound />
}
