import net from 'node:net';

/** A mail as the server took it: who from and to by the envelope, and the message as it stood on the wire. */
export type Received = { from: string; to: string[]; data: string };

/** What to answer to a command instead of yes; `hang` never answers. A message's end is the command `.`. */
export type Script = (command: string, session: Received) => string | 'hang' | undefined;

export type SmtpServer = {
  url: string;
  received: Received[];
  /** The commands of all connections, in order. */
  commands: string[];
  /** Answers by this from now on. */
  answer: (script: Script) => void;
  close: () => Promise<void>;
};

/** A real SMTP server on a free port of this machine that says yes to everything, unless its script says otherwise. */
export async function startSmtpServer(): Promise<SmtpServer> {
  const received: Received[] = [];
  const commands: string[] = [];
  const sockets = new Set<net.Socket>();
  let script: Script = () => undefined;

  const serve = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let session: Received = { from: '', to: [], data: '' };
    let buffered = '';
    let lines: string[] | null = null;

    const say = (command: string, usual: string): boolean => {
      commands.push(command);
      const scripted = script(command, session);
      if (scripted === 'hang') return false;
      socket.write(`${scripted ?? usual}\r\n`);
      return scripted === undefined;
    };
    const handle = (line: string) => {
      if (lines) {
        if (line !== '.') {
          lines.push(line.startsWith('.') ? line.slice(1) : line);
          return;
        }
        session = { ...session, data: lines.join('\r\n') };
        lines = null;
        if (say('.', '250 2.0.0 taken')) received.push(session);
        session = { from: '', to: [], data: '' };
        return;
      }
      const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (/^MAIL FROM:/i.test(line)) {
        if (say(line, '250 2.1.0 ok')) session = { from: address, to: [], data: '' };
      } else if (/^RCPT TO:/i.test(line)) {
        if (say(line, '250 2.1.5 ok')) session.to.push(address);
      } else if (/^DATA$/i.test(line)) {
        if (say(line, '354 go on')) lines = [];
      } else if (/^QUIT$/i.test(line)) {
        say(line, '221 bye');
        socket.end();
      } else say(line, '250 ok');
    };

    say('CONNECT', '220 test ESMTP');
    socket.setEncoding('utf8').on('data', (part: string) => {
      buffered += part;
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        handle(line);
      }
    });
  };

  const server = net.createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    commands,
    answer: (next) => {
      script = next;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
