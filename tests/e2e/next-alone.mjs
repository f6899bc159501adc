// Next's own routes without server.ts, as a platform that knows nothing of it serves them.
import { createServer } from 'node:http';
import next from 'next';

const port = Number(process.env.PORT);
const app = next({ dev: false, hostname: 'localhost', port });
await app.prepare();
const handle = app.getRequestHandler();
createServer((request, response) => void handle(request, response)).listen(port, '127.0.0.1', () =>
  process.send?.({ type: 'ready', port }),
);
process.on('disconnect', () => process.exit());
