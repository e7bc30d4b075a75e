/** Waits for a script's response to a command, because a click that does nothing must not stay silent. */
import { t } from '../../base/texts';
import type { Method, Request, Results } from '../../protocol/api';
import { userError } from '../../protocol/apiError';
import type { CommandState } from '../../protocol/rows';

const POLL_MS = 250;
/** Scripts check for commands when they log: later responses show in the overview. */
const PATIENCE_MS = 5_000;

interface RunClient {
  call<M extends Method>(method: M, params: Request<M>): Promise<Results[M]>;
}

/** The furthest response in time; null if there is none. Throws if the script refuses. */
export async function awaitAnswer(
  client: RunClient,
  run_id: string,
  cmd_id: string,
  until: 'received' | 'done' = 'received',
): Promise<'received' | 'done' | null> {
  let received = false;
  let isClient = true;
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const { commands, worker_states } = await client.call('runs.get', { run_id });
    isClient = worker_states.length > 0;
    const command = commands.find((each) => each.cmd_id === cmd_id);
    const why = command && refusal(command);
    if (why) throw userError('invalid', why);
    if (command?.acks.some(({ status }) => status === 'done')) return 'done';
    received ||= command?.acks.some(({ status }) => status === 'received') ?? false;
    if (received && until === 'received') break;
  }
  if (!isClient) throw userError('invalid', nobodyHears(run_id));
  return received ? 'received' : null;
}

function nobodyHears(run_id: string): string {
  return t(
    'The script of run {0} cannot receive commands, because it has not called xtrack.start_run(). You can still stop it.',
    run_id,
  );
}

/** Why a command was refused, for the user; null if it was not. */
export function refusal({ type, acks }: Pick<CommandState, 'type' | 'acks'>): string | null {
  const refused = acks.find(({ status }) => status === 'unsupported' || status === 'failed');
  if (!refused || acks.some(({ status }) => status === 'done')) return null;
  if (refused.status === 'failed')
    return t('The script failed to handle “{0}”: {1}.', type, refused.error ?? t('no reason given'));
  return t('The script does not handle “{0}”. Add a handler to it: run.on_command("{1}", handler).', type, type);
}
