/** A TCP proxy that drops, delays and cuts, as networks do. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Dice } from './seeded';

export interface Faults {
  /** Each piece waits up to so long, in order. */
  delayMs: number;
  /** One in so many pieces cuts the connection in its middle; 0: none does. */
  cutOneIn: number;
  /** New connections are accepted and closed at once. */
  refuse: boolean;
  /** Nothing goes through, and nobody is told: packets are lost. */
  blackHole: boolean;
}

export class FaultyProxy {
  faults: Faults = { delayMs: 0, cutOneIn: 0, refuse: false, blackHole: false };
  connections = 0;
  cuts = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    private readonly dice: Dice,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static open(target: number, dice: Dice): Promise<FaultyProxy> {
    const server = createServer();
    const proxy = new FaultyProxy(server, target, dice);
    return new Promise((done) => server.listen(0, '127.0.0.1', () => done(proxy)));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.cutAll();
    this.server.close();
  }

  private accept(client: Socket): void {
    this.connections++;
    if (this.faults.refuse) return void client.destroy();
    const upstream = connect(this.target, '127.0.0.1');
    this.pipe(client, upstream);
    this.pipe(upstream, client);
  }

  private pipe(from: Socket, to: Socket): void {
    this.sockets.add(from);
    let last = Promise.resolve();
    // Of what comes after a loss, TCP delivers nothing.
    let isLost = false;
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroySoon();
    });
    from.on('data', (piece: Buffer) => {
      // Decided now, sent in order.
      const wait = this.dice.below(this.faults.delayMs + 1);
      const isCut = this.faults.cutOneIn > 0 && this.dice.below(this.faults.cutOneIn) === 0;
      last = last.then(async () => {
        if (wait > 0) await new Promise((done) => setTimeout(done, wait));
        isLost ||= this.faults.blackHole || to.destroyed;
        if (isLost) return;
        to.write(isCut ? piece.subarray(0, this.dice.below(piece.length)) : piece);
        if (!isCut) return;
        isLost = true;
        this.cuts++;
        // What was written arrives, and then nothing.
        to.destroySoon();
        from.destroy();
      });
    });
  }
}
