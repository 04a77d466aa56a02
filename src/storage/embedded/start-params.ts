/**
 * How the embedded PostgreSQL starts: PGlite's own parameters without `-F` (which turns fsync off),
 * with memory sized for one process that also serves the web.
 */
export function startParams({ durable }: { durable: boolean }): string[] {
  const settings = {
    search_path: 'public',
    exit_on_error: 'false',
    log_checkpoints: 'false',
    max_worker_processes: '0',
    max_parallel_workers: '0',
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
    io_method: 'sync',
    shared_buffers: '16MB',
    maintenance_work_mem: '32MB',
    min_wal_size: '32MB',
    // fdatasync is a stub in PGlite: only `fsync` reaches the file system.
    wal_sync_method: 'fsync',
    fsync: durable ? 'on' : 'off',
  }
  return [
    '--single',
    '-O',
    '-j',
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}
