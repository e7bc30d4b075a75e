/** Status by shape and colour, never by colour alone. */
import { t } from '../../src/base/texts';
import { isActive } from '../../src/domain/run/lifecycle';
import type { RunRow, Status } from '../../src/protocol/rows';

interface StatusLook {
  /** Codicon name. */
  icon: string;
  label: string;
  spin?: true;
}

const LOOKS: Record<Status, StatusLook> = {
  queued: { icon: 'clock', label: t('queued') },
  running: { icon: 'sync', label: t('running'), spin: true },
  lost: { icon: 'debug-disconnect', label: t('lost') },
  completed: { icon: 'pass', label: t('completed') },
  failed: { icon: 'error', label: t('failed') },
  killed: { icon: 'stop-circle', label: t('stopped') },
  cancelled: { icon: 'circle-slash', label: t('cancelled') },
};

export function statusLook(status: Status): StatusLook {
  return LOOKS[status];
}

/** What can be done with a run of this status. */
export function statusActions({ status, lives = false }: Pick<RunRow, 'status' | 'lives'>): {
  stop: boolean;
  command: boolean;
  resume: boolean;
} {
  const active = lives || isActive(status);
  return { stop: active, command: status === 'running', resume: !active };
}
