/** What a script answers to a command: asked for a while, because a click that does nothing must not stay silent. */
import { userError } from '../../protocol/apiError';
import type { CommandState } from '../../protocol/rows';
import type { RunClient } from './ports';

const LOOK_MS = 250;
/** Scripts look for commands when they log: one that is busy for longer answers in the overview. */
const PATIENCE_MS = 5_000;

/** Throws when the script refuses the command; without an answer it just returns after a while. */
export async function awaitAnswer(client: RunClient, run_id: string, cmd_id: string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { commands } = await client.call('runs.get', { run_id });
    const command = commands.find((each) => each.cmd_id === cmd_id);
    const why = command && refusal(command);
    if (why) throw userError('invalid', why);
    if (command?.acks.some(({ status }) => status === 'received' || status === 'done')) return;
  }
}

/** In words for the user; null where nobody refused. */
export function refusal({ type, acks }: Pick<CommandState, 'type' | 'acks'>): string | null {
  const refused = acks.find(({ status }) => status === 'unsupported' || status === 'failed');
  if (!refused || acks.some(({ status }) => status === 'done')) return null;
  if (refused.status === 'failed')
    return `The script failed to do “${type}”: ${refused.error ?? 'it did not say why'}.`;
  return `The script does not know “${type}”. It does with a handler: run.on_command("${type}", handler).`;
}
