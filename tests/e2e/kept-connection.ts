import { connect } from 'node:net';

/** One raw connection on which a request is under way from the beginning: it stays open when the server closes idle ones. */
export function keptConnection(port: number) {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.setEncoding('latin1');
  return {
    opened: new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      // The head is not complete yet: the server waits for the rest of it.
      socket.once('connect', () =>
        socket.write('POST /api/v1/traces HTTP/1.1\r\nhost: localhost\r\n', () => resolve()),
      );
    }),
    /** Completes the request, and answers everything that comes until the server hangs up. */
    postUntilRefused(key: string): Promise<string> {
      const body = '{"trace_id":"late"}';
      let text = '';
      socket.on('data', (part: string) => {
        text += part;
      });
      const ended = new Promise<string>((resolve, reject) => {
        socket.once('error', reject);
        socket.once('close', () => resolve(text));
      });
      socket.write(
        `authorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      return ended;
    },
  };
}

/** Whether the server takes new connections. */
export function isListening(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
