/** Calls about the collector itself: its identity, windows' settings, and the handover to a newer version. */
import type { CollectorSettings, CollectorState } from '../../../../protocol/api';
import { PROTOCOL_VERSION } from '../../../../protocol/ids';
import type { StoreState } from '../../../contract/workerApi';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

/** Lets the reply to a handover be sent before the collector ends. */
const HANDOVER_DELAY_MS = 100;

export interface AdministrationPorts {
  version: string;
  build: string;
  storeState(): StoreState;
  /** Passes settings to all services. */
  configure(settings: CollectorSettings): void;
  /** Saves and ends. */
  end(): void;
}

export class Administration implements Service {
  readonly name = 'administration';
  readonly methods = {
    'collector.info': () => this.info(),
    'collector.configure': (settings: CollectorSettings) => this.configure(settings),
    'collector.handover': ({ version }: { version: string }) => this.handOver(version),
  };

  constructor(
    private readonly context: ServiceContext,
    private readonly ports: AdministrationPorts,
  ) {}

  private info(): CollectorState {
    const { dir, follower } = this.context;
    const { version, build, storeState } = this.ports;
    return { version, build, protocol: PROTOCOL_VERSION, dir, pid: process.pid, follower, ...storeState() };
  }

  private async configure(settings: CollectorSettings): Promise<{ ok: true; problems?: string[] }> {
    const { journals, alerts } = settings;
    const problems = await this.context.ask('configure', {
      ...(journals && { journals }),
      ...(alerts && { rules: alerts.rules }),
    });
    this.ports.configure(settings);
    return { ok: true, ...(problems.length > 0 && { problems }) };
  }

  private handOver(version: string): { ok: true } {
    this.context.log(`Handing over to version ${version}.`);
    setTimeout(() => this.ports.end(), HANDOVER_DELAY_MS);
    return { ok: true };
  }
}
