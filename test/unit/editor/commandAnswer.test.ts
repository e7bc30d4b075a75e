import { describe, expect, it } from 'vitest';
import { awaitAnswer, refusal } from '../../../src/editor/runs/commandAnswer';
import type { RunClient } from '../../../src/editor/charts/ports';

type Acks = { worker: string; status: string; error?: string }[];

/** A collector whose run is asked again and again, each time knowing more answers. */
function client(...steps: Acks[]): { client: RunClient; asked: () => number } {
  let asked = 0;
  const call = async (): Promise<unknown> => {
    const acks = steps[Math.min(asked++, steps.length - 1)];
    return { commands: [{ cmd_id: 'c1', type: 'pause', at: 0, acks }], worker_states: [{ id: 'w' }] };
  };
  return { client: { call } as unknown as RunClient, asked: () => asked };
}

describe('the answer to a command', () => {
  it('is shown when the script has no handler, with the code to add', async () => {
    const { client: source } = client([], [{ worker: 'w', status: 'unsupported' }]);
    await expect(awaitAnswer(source, 'r', 'c1')).rejects.toThrow('run.on_command("pause", handler)');
  });

  it('is no longer awaited once the script has received the command', async () => {
    const { client: source, asked } = client([], [{ worker: 'w', status: 'received' }]);
    await awaitAnswer(source, 'r', 'c1');
    expect(asked()).toBe(2);
  });

  it('is not a refusal if one of several workers carried it out', () => {
    const acks = [
      { worker: 'w0', status: 'unsupported' },
      { worker: 'w1', status: 'done' },
    ];
    expect(refusal({ type: 'pause', acks })).toBeNull();
    expect(refusal({ type: 'pause', acks: [{ worker: 'w', status: 'failed', error: 'disk full' }] })).toContain(
      'disk full',
    );
  });
});
