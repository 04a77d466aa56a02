import { maxFileBytes } from '#contract'
import type { FileView, ObjectView, RecordView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { File as FileIcon, Paperclip, Trash2 } from 'lucide-react'
import { useRef, useState } from 'react'
import { api, sentence, upload } from '../../api/client.ts'
import { filesOptions, memory } from '../../api/queries.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { EmptyState, Problem, Skeleton } from '../../ui/states.tsx'
import { ago } from '../../ui/time.ts'
import { toast } from '../../ui/toast.tsx'

const size = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
const units = ['bytes', 'kB', 'MB'] as const

/** Files that hang on the record: dropped here or chosen, saved by a click, gone and back again. */
export function RecordFiles({ object, record }: { object: ObjectView; record: RecordView }) {
  const options = filesOptions(object.name, record.id)
  const { data: files, error, refetch } = useQuery(options)
  const [sending, setSending] = useState<string[]>([])
  const [over, setOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const refresh = () => memory.invalidateQueries({ queryKey: options.queryKey })

  async function send(chosen: readonly File[]) {
    for (const file of chosen) {
      if (file.size > maxFileBytes) {
        toast(`${file.name} is too large`, {
          description: `${sizeOf(maxFileBytes)} at most`,
          tone: 'problem',
        })
        continue
      }
      setSending((now) => [...now, file.name])
      try {
        const at = `/objects/${encodeURIComponent(object.name)}/records/${record.id}/files`
        await upload<FileView>(`${at}?name=${encodeURIComponent(file.name)}`, file)
      } catch (failure) {
        toast(`${file.name} wasn’t added`, { description: sentence(failure), tone: 'problem' })
      } finally {
        setSending((now) => now.filter((name) => name !== file.name))
        await refresh()
      }
    }
  }
  async function remove(file: FileView) {
    try {
      await api('DELETE', `/files/${file.id}`)
      toast(`${file.name} removed`, {
        action: { label: 'Undo', run: () => void api('POST', `/files/${file.id}/restore`).then(refresh) },
      })
    } catch (failure) {
      toast(`${file.name} wasn’t removed`, { description: sentence(failure), tone: 'problem' })
    }
    await refresh()
  }

  if (error) return <Problem error={error} retry={() => void refetch()} />
  if (!files) return <Skeleton lines={3} />
  const writable = object.can.update
  const choose = writable && (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          void send([...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      <Button small onClick={() => input.current?.click()}>
        <Paperclip size={14} aria-hidden /> Add files
      </Button>
    </>
  )
  return (
    <div
      className={`flex min-h-full flex-col gap-3 rounded-md ${over ? 'outline-2 outline-dashed outline-accent' : ''}`}
      onDragOver={(event) => {
        if (!writable || !event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false)
        if (!writable || event.dataTransfer.files.length === 0) return
        event.preventDefault()
        void send([...event.dataTransfer.files])
      }}
    >
      {files.length === 0 && sending.length === 0 ? (
        <EmptyState icon={<Paperclip size={24} />} title="No files yet" action={choose}>
          {writable
            ? `Drop files here, or choose some. ${sizeOf(maxFileBytes)} at most each.`
            : 'Nobody added one.'}
        </EmptyState>
      ) : (
        <>
          <div>{choose}</div>
          <ul className="divide-y divide-line rounded-md border border-line">
            {sending.map((name) => (
              <li
                key={`sending ${name}`}
                className="flex min-h-11 items-center gap-2 px-3 text-table text-muted"
              >
                <FileIcon size={15} className="shrink-0 text-faint" aria-hidden />
                <span className="min-w-0 grow truncate">{name}</span>
                <span role="status">Adding…</span>
              </li>
            ))}
            {files.map((file) => (
              <li key={file.id} className="flex min-h-11 items-center gap-2 px-3 text-table">
                <FileIcon size={15} className="shrink-0 text-faint" aria-hidden />
                <span className="flex min-w-0 grow flex-col py-1.5">
                  <a
                    href={`/api/files/${file.id}`}
                    download={file.name}
                    title={file.name}
                    className="truncate rounded-sm hover:text-accent hover:underline"
                  >
                    {file.name}
                  </a>
                  <span className="truncate text-xs text-faint">
                    {sizeOf(file.size)} · {file.by}, {ago(file.at)}
                  </span>
                </span>
                {writable && (
                  <IconButton label={`Remove ${file.name}`} onClick={() => void remove(file)}>
                    <Trash2 size={14} />
                  </IconButton>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function sizeOf(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${size.format(value)} ${units[unit] ?? 'MB'}`
}
