import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { ApiFailure, sentence } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Menu } from '../ui/popup.tsx'
import { toast } from '../ui/toast.tsx'
import type { AuditSearch } from './audit-search.ts'
import { askedOf } from './audit-search.ts'

type Format = 'csv' | 'json'

/** Takes what the filters show along as a file. */
export function AuditExport({ search }: { search: AuditSearch }) {
  const take = useMutation({
    mutationFn: (format: Format) => download(search, format),
    onError: (error) => toast('Nothing was exported', { description: sentence(error), tone: 'problem' }),
  })
  return (
    <Menu
      align="end"
      trigger={
        <Button disabled={take.isPending}>
          <Download size={16} aria-hidden /> {take.isPending ? 'Exporting…' : 'Export'}
        </Button>
      }
      entries={[
        { label: 'CSV, for a spreadsheet', onSelect: () => take.mutate('csv') },
        { label: 'JSON, for a program', onSelect: () => take.mutate('json') },
      ]}
    />
  )
}

/** Fetched rather than linked, so that a refusal is a sentence on this page instead of a file. */
async function download(search: AuditSearch, format: Format): Promise<void> {
  const asked = askedOf(search)
  asked.set('format', format)
  const response = await fetch(`/api/audit/export?${asked}`)
  if (!response.ok) throw new ApiFailure(response.status, await response.json())
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = name ?? `audit.${format}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
