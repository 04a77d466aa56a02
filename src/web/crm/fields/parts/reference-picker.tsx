import type { Reference } from '#contract'
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { foundBefore } from '../../../api/found-before.ts'
import { objectLabelOptions } from '../../../api/queries.ts'
import { PickList } from './pick-list.tsx'

type Props = {
  label: string
  objects: readonly string[]
  chosen: readonly string[]
  typed?: string | undefined
  /** Offer to leave the field empty. */
  none?: boolean
  onPick: (reference: Reference | null, by: 'Enter' | 'Tab' | 'pointer') => void
  onCancel?: () => void
}

/** Finds a record of one of several objects by its name. */
export function ReferencePicker({ label, objects, chosen, typed, none = false, onPick, onCancel }: Props) {
  const [text, setText] = useState(typed ?? '')
  const wanted = text.trim()
  const found = useQueries({ queries: objects.map((object) => objectLabelOptions(object, wanted)) })
  const references = found
    .flatMap(({ data = [], isPlaceholderData: old }) => (old ? foundBefore(data, wanted) : data))
    .slice(0, 50)
  const picks = references.map((reference) => ({
    key: reference.id,
    label: reference.label,
    show: (
      <>
        <span className="truncate">{reference.label}</span>
        {objects.length > 1 && (
          <span className="ml-auto shrink-0 text-xs text-faint">{reference.object}</span>
        )}
      </>
    ),
  }))
  const empty = { key: '', label: 'Nothing', show: <span className="text-faint">Nothing</span> }
  return (
    <PickList
      label={label}
      picks={none && wanted === '' ? [empty, ...picks] : picks}
      chosen={chosen}
      typed={typed}
      loading={found.some((one) => one.isFetching)}
      onSearch={setText}
      onPick={(key, by) => onPick(references.find((reference) => reference.id === key) ?? null, by)}
      {...(onCancel && { onCancel })}
    />
  )
}
