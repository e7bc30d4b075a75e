import type { Collectors } from '../collectors/collectors';
import { openFile, workingDirectory } from '../runs/openFile';

/** Opens the line that a run failed at, where its traceback named one. */
export async function openFailure(collectors: Collectors, run_id: string): Promise<void> {
  const { error_at } = await collectors.callRun(run_id, 'runs.get', { run_id });
  if (error_at) await openFile(error_at.file, await workingDirectory(collectors, run_id), error_at.line);
}
