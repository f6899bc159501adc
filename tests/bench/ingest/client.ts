import { connect, type Socket } from 'node:net';

/** An answer: its status, and how long it took from when it was due, in milliseconds. */
export type Answered = { status: number; ms: number };

/**
 * One kept connection that sends prepared bodies and reads no more of an answer than its status and length. Node's own
 * client costs as much as the server that is to be measured, on the same cores.
 */
export class Connection {
  private socket: Socket | undefined;
  private received = '';
  private waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;

  constructor(
    private readonly port: number,
    private readonly host: string,
    private readonly key: string,
  ) {}

  /** Sends one body and answers the status. One at a time. Throws when the connection breaks. */
  async post(path: string, body: string | Buffer, contentType = 'application/json'): Promise<number> {
    const socket = await this.open();
    const answer = new Promise<number>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    const head = `POST ${path} HTTP/1.1\r\nhost: ${this.host}\r\nauthorization: Bearer ${this.key}\r\ncontent-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    if (typeof body === 'string') socket.write(head + body);
    else {
      socket.cork();
      socket.write(head);
      socket.write(body);
      socket.uncork();
    }
    return answer;
  }

  close(): void {
    this.socket?.destroy();
  }

  private async open(): Promise<Socket> {
    if (this.socket && !this.socket.destroyed) return this.socket;
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.read(text));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
    this.socket = socket;
    this.received = '';
    return socket;
  }

  private read(text: string): void {
    this.received += text;
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.received.slice(0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const complete =
      length === undefined
        ? this.received.endsWith('\r\n0\r\n\r\n')
        : this.received.length >= end + 4 + Number(length);
    if (!complete) return;
    this.received = '';
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve(Number(head.slice(9, 12)));
  }

  private fail(error: Error): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(error);
  }
}
