/** A person and an agent, side by side. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden className="shrink-0">
      <path d="M19.5 6.5 27.3 11v9l-7.8 4.5L11.7 20v-9z" className="fill-accent" />
      <circle cx="11" cy="19" r="7" className="fill-accent stroke-canvas" strokeWidth="2.4" />
    </svg>
  )
}
