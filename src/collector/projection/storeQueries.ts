/** The API methods that the store answers, and the queries of services on the main thread. */
import { shortKey } from '../../domain/payload';
import { parseQuery } from '../../domain/query/parse';
import { flatDetail } from '../../domain/run/row';
import { deriveStatus } from '../../domain/run/status';
import { trashedAt } from '../../domain/run/trash';
import type { Handlers, Params } from '../../protocol/api';
import type { DiskUsage, ListResult, RunDetail, RunRow, SeriesResult } from '../../protocol/rows';
import type { LaunchInfo } from '../contract/workerApi';
import type { CatalogKeeper } from './catalogKeeper';
import type { Housekeeping } from './housekeeping';
import { isStillAlive, launchInfoOf } from './launchInfo';
import type { OpenRun, OpenRuns } from './openRuns';

interface QueryPorts {
  /** Opens a run and waits briefly for its journals to be read; rejects if the run cannot be shown. */
  acquire(runId: string): Promise<OpenRun>;
  keeper: CatalogKeeper;
  runs: OpenRuns;
  house: Housekeeping;
  /** True if the run's script reported its end while a process of the run is still alive. */
  isStillAlive(runId: string): boolean;
  backlogBytes(): number;
}

const PAGE = 1000;

export class StoreQueries implements Handlers<'store'> {
  constructor(private readonly ports: QueryPorts) {}

  'runs.list'(request: Params<'runs.list'>): ListResult {
    const { keeper, backlogBytes } = this.ports;
    const query = parseQuery(request.filter ?? '');
    keeper.putAll();
    const { rows, ...page } = keeper.catalog.list(request, query);
    return { ...page, rows: rows.map((row) => this.withLives(row)), backlog_bytes: backlogBytes() };
  }

  async 'runs.get'({ run_id }: Params<'runs.get'>): Promise<RunDetail> {
    const { loaded } = await this.ports.acquire(run_id);
    const trashed = trashedAt(loaded.state);
    const detail = loaded.detail();
    const lives = isStillAlive(loaded, detail.row);
    return { ...flatDetail(detail), ...(lives && { lives }), ...(trashed !== null && { trashed }) };
  }

  async 'runs.series'(request: Params<'runs.series'>): Promise<SeriesResult> {
    const { loaded } = await this.ports.acquire(request.run_id);
    const { started } = deriveStatus(loaded.state);
    // Very long keys are stored shortened but may be requested as they were logged.
    const keys = request.keys.map(shortKey);
    return { series: loaded.store.series({ ...request, keys }, started ?? loaded.state.created) };
  }

  async 'runs.events'({ run_id, offset = 0, limit = PAGE, types }: Params<'runs.events'>) {
    const { loaded } = await this.ports.acquire(run_id);
    const page = loaded.store.events(offset, limit, types);
    return { ...page, events: page.events.map((event) => loaded.files.located(event)) };
  }

  async 'runs.logs'({ run_id, offset = 0, limit = PAGE }: Params<'runs.logs'>) {
    return (await this.ports.acquire(run_id)).loaded.store.logs(offset, limit);
  }

  'disk.usage'(): Promise<DiskUsage> {
    this.ports.keeper.putAll();
    return this.ports.house.diskUsage();
  }

  /** Rows as `runs.list` returns them, of runs in the trash too. */
  rows({ run_ids }: { run_ids: string[] }): Promise<RunRow[]> {
    const { acquire, keeper, runs } = this.ports;
    return Promise.all(
      run_ids.map(async (run_id) => {
        const run = await acquire(run_id);
        keeper.put(run);
        return this.withLives(keeper.catalog.get(run_id) ?? runs.refreshRow(run));
      }),
    );
  }

  async launchInfo({ run_id }: { run_id: string }): Promise<LaunchInfo> {
    return launchInfoOf((await this.ports.acquire(run_id)).loaded);
  }

  private withLives(row: RunRow): RunRow {
    return this.ports.isStillAlive(row.run_id) ? { ...row, lives: true } : row;
  }
}
