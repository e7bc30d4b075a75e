import * as vscode from 'vscode';
import { formatText } from '../../base/texts';
import { userError } from '../../protocol/apiError';
import type { Task } from '../../protocol/rows';
import type { CollectorClient } from './collectorClient';

const POLL_MS = 300;

/** Shows the progress of a task of the collector until the task ends; throws if it failed. */
export async function followTask(client: CollectorClient, started: Task, title: string): Promise<Task> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, async (progress, cancel) => {
    const { task_id } = started;
    let task = started;
    let shown = 0;
    cancel.onCancellationRequested(() => client.call('tasks.cancel', { task_id }));
    while (task.state === 'running') {
      const percent = task.total ? (100 * task.done) / task.total : 0;
      progress.report({ message: taskMessage(task), ...(task.total ? { increment: percent - shown } : {}) });
      shown = percent;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      task = await client.call('tasks.get', { task_id });
    }
    if (task.state === 'failed') throw userError('io', taskMessage(task));
    return task;
  });
}

function taskMessage({ text, message }: Task): string {
  return text === undefined ? message : formatText(text);
}
