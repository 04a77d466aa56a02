import { Dialog } from '../ui/dialog.tsx'

const groups: [string, [string, string][]][] = [
  [
    'Everywhere',
    [
      ['Ctrl K', 'Find a record, a page or an action'],
      ['Ctrl Z', 'Undo the last thing you changed'],
      ['?', 'This sheet'],
      ['Esc', 'Close what is open'],
    ],
  ],
  [
    'In a table',
    [
      ['/', 'Filter'],
      ['c', 'Create a record'],
      ['j  k', 'Next and previous record'],
      ['x', 'Select the record'],
      ['Enter', 'Open the record, or edit the cell'],
      ['e', 'Edit the record’s name'],
    ],
  ],
  [
    'In a cell',
    [
      ['← ↑ → ↓', 'Move'],
      ['Type', 'Replace the value'],
      ['Enter', 'Edit, then save and go down'],
      ['Tab', 'Save and go right'],
      ['Esc', 'Leave it as it was'],
      ['Delete', 'Empty it'],
      ['Ctrl C  Ctrl V', 'Copy; paste one cell or a block'],
      ['Ctrl Enter', 'Open the record'],
    ],
  ],
]

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Shortcuts" description="On a Mac, ⌘ for Ctrl.">
      <div className="flex flex-col gap-4">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3 className="mb-1 text-xs font-medium text-faint">{title}</h3>
            <dl className="divide-y divide-line">
              {rows.map(([keys, what]) => (
                <div key={keys} className="flex items-center justify-between gap-4 py-1.5 text-table">
                  <dt className="order-2">
                    <kbd className="rounded-sm border border-line-strong bg-surface px-1.5 py-0.5 font-sans text-xs whitespace-pre text-muted">
                      {keys}
                    </kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
