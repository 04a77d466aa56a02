import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '../ui/button.tsx'

/** Text to take elsewhere. */
export function CopyBlock({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <div className="flex items-start gap-2 rounded-md border border-line bg-surface py-1.5 pr-1.5 pl-3">
      <pre
        aria-label={label}
        tabIndex={0}
        className={`min-w-0 grow overflow-x-auto rounded-sm py-1 font-mono text-xs leading-5 pointer-coarse:py-2.5 ${text.includes('\n') ? '' : 'whitespace-pre-wrap [overflow-wrap:anywhere]'}`}
      >
        {text}
      </pre>
      <Button
        small
        aria-label={`Copy: ${label}`}
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}{' '}
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}
