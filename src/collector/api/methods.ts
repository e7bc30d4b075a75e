/** What each method of the API does. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { english, type Text } from '../../base/texts';
import { userError } from '../../protocol/api';
import type { Json } from '../../protocol/events';
import type { RunDetail, RunRow } from '../../protocol/rows';
import type { ApiPorts } from './apiPorts';
import { readOutput } from './consoleOutput';
import { exportRuns } from './exportRuns';
import type { Handlers } from './rpc';
import type { TaskContext } from './tasks';

export function createMethods(ports: ApiPorts): Handlers {
  const { worker, tasks } = ports;

  const checkWritable = () => {
    if (ports.follower !== null) throw userError('follower', ports.follower);
  };
  const folderOf = (runId: string): string => {
    const dir = ports.runs.find(runId);
    if (!dir) throw userError('not_found', english`There is no run ${runId}.`, { field: 'run_id' });
    return dir;
  };
  const existing = (runIds: string[]): string[] => {
    checkWritable();
    const unique = [...new Set(runIds)];
    unique.forEach(folderOf);
    return unique;
  };
  /** The task as it is now, or with `wait` as it ended. */
  const started = (text: Text, work: (task: TaskContext) => Promise<Json>, wait = false) => {
    const task = tasks.start(text, work);
    return wait ? tasks.get(task.task_id, true) : task;
  };

  return {
    'collector.info': () => ports.info(),
    'collector.configure': async ({ retention, alerts, ...settings }) => {
      const problems = await worker.call('configure', { ...settings, ...(alerts && { rules: alerts.rules }) });
      // A follower deletes nothing and tells nobody; the window that asks need not know.
      if (retention && ports.follower === null) ports.retain(retention);
      if (alerts && ports.follower === null) ports.webhook(alerts.webhook);
      return { ok: true, ...(problems.length > 0 && { problems }) };
    },
    'collector.handover': ({ version }) => {
      ports.handover(version);
      return { ok: true };
    },
    'runs.list': (request) => worker.call('list', request),
    'runs.get': (request) => worker.call('get', request),
    'runs.series': (request) => worker.call('series', request),
    'runs.events': (request) => worker.call('events', request),
    'runs.logs': (request) => worker.call('logs', request),
    'runs.output': (request) => readOutput(folderOf(request.run_id), request),
    'runs.update': async ({ run_ids, ...change }) => {
      const ids = existing(run_ids);
      for (const run_id of ids) await ports.edit({ run_id, ...change });
      return { rows: await Promise.all(ids.map(async (run_id) => rowOf(await worker.call('get', { run_id })))) };
    },
    'runs.delete': async ({ run_ids, restore }) => {
      const ids = existing(run_ids);
      for (const run_id of ids) await ports.edit({ run_id, deleted: restore !== true });
      return { run_ids: ids };
    },
    'runs.purge': ({ run_ids, wait }) => {
      checkWritable();
      const ids = existing(run_ids);
      return started(english`Deleting for good`, (task) => ports.purge(ids, task), wait);
    },
    'disk.usage': () => worker.call('diskUsage', {}),
    'runs.export': ({ wait, ...request }) => {
      checkExportPath(request.path);
      request.run_ids.forEach(folderOf);
      return started(english`Exporting`, (task) => exportRuns(worker, folderOf, request, task), wait);
    },
    'runs.launch': (request) => ports.launch(request),
    'runs.resume': (request) => ports.resume(request),
    'runs.again': (request) => ports.again(request),
    'runs.input': async ({ run_id, data, worker: only }) => {
      await ports.input(run_id, data, only);
      return { ok: true };
    },
    'runs.stop': ({ run_id }) => ports.stop(run_id),
    'runs.command': async ({ run_id, type, payload, worker: only }) => {
      existing([run_id]);
      const cmd_id = `cmd-${randomBytes(6).toString('hex')}`;
      const { attempt } = await worker.call('launchInfo', { run_id });
      await ports.command(run_id, { cmd_id, type, payload: payload ?? {}, attempt, ...(only && { worker: only }) });
      return { cmd_id };
    },
    'runs.rebuild': ({ wait }) => {
      checkWritable();
      return started(english`Rebuilding the databases from the journals`, () => worker.call('rebuild', {}), wait);
    },
    'tasks.get': ({ task_id, wait }) => tasks.get(task_id, wait === true),
    'tasks.cancel': ({ task_id }) => tasks.cancel(task_id),
  };
}

function rowOf(detail: RunDetail): RunRow {
  const {
    notes: _notes,
    attempts: _attempts,
    worker_states: _workers,
    source: _source,
    launch: _launch,
    environment: _environment,
    traceback: _traceback,
    commands: _commands,
    alerts: _alerts,
    warnings: _warnings,
    ...row
  } = detail;
  return {
    ...row,
    checkpoints: detail.checkpoints.length,
    artifacts: detail.artifacts.length,
    alerts: detail.alerts.length,
  };
}

function checkExportPath(path: string): void {
  if (!isAbsolute(path)) throw userError('invalid', english`The path ${path} is not absolute.`, { field: 'path' });
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
    throw userError('invalid', english`The folder ${dirname(path)} does not exist. Choose another one.`, {
      field: 'path',
    });
}
