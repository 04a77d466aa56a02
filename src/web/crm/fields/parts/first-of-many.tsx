/** The first of several, and how many more there are. */
export function FirstOfMany({ items, href }: { items: string[]; href: (item: string) => string }) {
  const [first, ...more] = items
  if (first === undefined) return null
  return (
    <span className="flex min-w-0 items-baseline gap-1.5">
      <a
        href={href(first)}
        tabIndex={-1}
        className="truncate hover:underline"
        onClick={(event) => event.stopPropagation()}
      >
        {first}
      </a>
      {more.length > 0 && (
        <span className="shrink-0 text-xs text-faint" title={more.join(', ')}>
          +{more.length}
        </span>
      )}
    </span>
  )
}
