/** A person and an agent, side by side. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden className="shrink-0">
      <path d="M21.5 4.5 30 9.4v9.8l-8.5 4.9-8.5-4.9V9.4z" className="fill-accent" />
      <circle cx="10" cy="21.5" r="6.5" className="fill-accent stroke-canvas" strokeWidth="2.6" />
    </svg>
  )
}
