import { Box, Building2, CircleCheckBig, FileText, Target, UserRound, type LucideIcon } from 'lucide-react'

/** Icons that objects may name. A name from a newer server shows a box. */
const icons: Record<string, LucideIcon> = {
  building: Building2,
  'building-2': Building2,
  company: Building2,
  user: UserRound,
  'user-round': UserRound,
  users: UserRound,
  person: UserRound,
  target: Target,
  opportunity: Target,
  'check-square': CircleCheckBig,
  'circle-check': CircleCheckBig,
  'list-checks': CircleCheckBig,
  task: CircleCheckBig,
  'file-text': FileText,
  'sticky-note': FileText,
  note: FileText,
}

export function ObjectIcon({ icon, size = 16 }: { icon: string; size?: number }) {
  const Icon = icons[icon] ?? Box
  return <Icon size={size} className="shrink-0 text-faint" aria-hidden />
}
