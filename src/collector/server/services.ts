/** The collector's features, in the order in which they start; they are disposed of in reverse. */
import type { Service } from './service';
import type { ServiceContext } from './serviceContext';
import { Administration, type AdministrationPorts } from './services/administration/administration';
import { Alerts } from './services/alerts/alerts';
import { Commands } from './services/commands/commands';
import { Exporting } from './services/exporting/exporting';
import { Input } from './services/input/input';
import { Launching } from './services/launcher/launching';
import { Output } from './services/output/output';
import { ProcessEnds } from './services/processEnds/processEnds';
import { Rebuilding } from './services/rebuilding/rebuilding';
import { Retention } from './services/retention/retention';
import { RunEditing } from './services/runEditing/runEditing';
import { StopLadders } from './services/stopping/stopLadders';
import { Tasks } from './services/tasks/tasks';
import { Trash } from './services/trash/trash';
import { Deliveries } from './services/webhook/deliveries';
import { Webhook } from './services/webhook/webhook';

/** Services meet only here: a service declares a port for what it needs of another, and this function connects it. */
export function createServices(context: ServiceContext, administration: AdministrationPorts): Service[] {
  const tasks = new Tasks(context);
  const startTask = tasks.begin.bind(tasks);
  const trash = new Trash(context, startTask);
  const launching = new Launching(context);
  const stopping = new StopLadders(context, (runId, attempt) => launching.supervisorOf(runId, attempt));
  return [
    tasks,
    new Administration(context, administration),
    new ProcessEnds(context),
    new RunEditing(context),
    new Output(context),
    new Exporting(context, startTask),
    new Rebuilding(context, startTask),
    trash,
    new Retention(context, (runIds) => trash.purge(runIds)),
    new Commands(context),
    new Input(context),
    launching,
    stopping,
    new Webhook(Deliveries.in(context), context.log),
    new Alerts(context, (runId) => stopping.stop(runId)),
  ];
}
