import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation } from '@tanstack/react-router'
import { Menu as MenuIcon } from 'lucide-react'
import { useState } from 'react'
import { bootstrapOptions } from '../api/queries.ts'
import { CreateRecord } from '../crm/record/create-record.tsx'
import { IconButton } from '../ui/button.tsx'
import { Logo } from '../ui/logo.tsx'
import { Palette } from './palette.tsx'
import { ShortcutSheet } from './shortcut-sheet.tsx'
import { SideNavigation } from './side-navigation.tsx'
import { useLive } from './use-live.ts'
import { useShellKeys } from './use-shell-keys.ts'

/** Navigation on the left, the page beside it, the palette over both. */
export function Shell() {
  const { data } = useQuery(bootstrapOptions)
  /** The address at which the drawer was opened: going anywhere closes it. */
  const [drawerAt, setDrawerAt] = useState<string | null>(null)
  const [overlay, setOverlay] = useState<'palette' | 'shortcuts' | null>(null)
  const { pathname } = useLocation()
  useLive()
  useShellKeys(setOverlay)

  if (data?.state !== 'signed-in') return null
  return (
    <div className="flex h-full">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-80 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to the page
      </a>
      <SideNavigation
        member={data.member}
        open={drawerAt === pathname}
        onClose={() => setDrawerAt(null)}
        onSearch={() => setOverlay('palette')}
        onShortcuts={() => setOverlay('shortcuts')}
      />
      <div id="main" className="flex min-w-0 grow flex-col" tabIndex={-1}>
        <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-2 md:hidden">
          <IconButton label="Open the navigation" onClick={() => setDrawerAt(pathname)}>
            <MenuIcon size={18} />
          </IconButton>
          <Logo size={18} />
          <span className="text-sm font-semibold">Tandem</span>
        </header>
        <Outlet />
      </div>
      <CreateRecord />
      <Palette open={overlay === 'palette'} onClose={() => setOverlay(null)} />
      <ShortcutSheet open={overlay === 'shortcuts'} onClose={() => setOverlay(null)} />
    </div>
  )
}
