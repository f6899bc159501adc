import { createServer } from 'node:net';
import { errorCode, Failure } from './failure.mjs';

/**
 * A free port on the loopback interface. Somebody else may take it before we do: who uses it must be ready to ask again.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/**
 * Tries to listen as the server will. Each address apart: a program on 127.0.0.1 alone would take our visitors too, and
 * not every system says so when all addresses are asked for at once.
 * @param {number} port
 */
export async function assertPortFree(port) {
  for (const host of ['::', '0.0.0.0', '127.0.0.1', '::1']) {
    const code = await tryListening(port, host);
    if (code === 'EADDRINUSE') throw portIsBusy(port);
    if (code === 'EACCES') {
      throw new Failure(
        `Port ${port} needs more rights than this user has. Choose another: PORT=3001 npm start`,
      );
    }
    // Anything else is an address this machine does not have, such as IPv6 where it is switched off.
  }
}

/** @param {number} port */
export function portIsBusy(port) {
  const other = port === 3001 ? 3002 : 3001;
  return new Failure(
    `Port ${port} is already in use by another program. Stop it, or choose another port: PORT=${other} npm start`,
  );
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<string | undefined>} the error's code
 */
function tryListening(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? 'unknown'));
    server.listen({ port, host, exclusive: true, ipv6Only: host === '::1' }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}
