/** `ada.lovelace@acme.example` → `Ada Lovelace`: settings name nobody, and she can change it. */
export function nameFrom(email: string): string {
  const words = (email.split('@')[0] ?? '').split(/[._-]+/).filter(Boolean)
  return (
    words
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(' ')
      .slice(0, 120) || email
  )
}
