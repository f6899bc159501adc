import type postgres from 'postgres';

/**
 * What says that a connection is gone: the driver's own words, those of sockets, and a server that shuts down or was told to end
 * the connection (PostgreSQL, appendix A, classes 08 and 57).
 */
const LOST =
  /^(CONNECTION_(CLOSED|DESTROYED|ENDED)|CONNECT_TIMEOUT|ECONNRESET|EPIPE|ETIMEDOUT|57P0[123]|08\w{3})$/;
/** A server that ends a connection closes it at once. */
const CLOSES_WITHIN_MS = 5_000;

/**
 * Lets nothing of a transaction whose connection was lost reach the next one. The driver (postgres 3.4) rejects such a
 * transaction when its connection closes, but then still sends its `rollback` or `commit`, and whatever its function asks
 * after that, to the same connection: by then closed, which throws where nobody can catch it, or opened anew for somebody
 * else, whose transaction it ends and whose answers it takes. Changes `sql` and answers it.
 */
export function guardTransactions<S extends postgres.Sql>(sql: S): S {
  const begin = sql.begin.bind(sql) as (options: string, fn: Work) => Promise<unknown>;
  const guarded = async (...given: [Work] | [string, Work]) => {
    const [options, work] = given.length === 1 ? ['', given[0]] : given;
    const state = { isOver: false };
    try {
      return await begin(options, (client) => outlive(state, () => work(guard(client, state))));
    } finally {
      state.isOver = true;
    }
  };
  sql.begin = guarded as typeof sql.begin;
  return sql;
}

type Client = postgres.TransactionSql;
type Work = (client: Client) => unknown;
type State = { isOver: boolean };

/**
 * What the work comes to; nothing at all once its connection is lost. The driver has rejected the transaction then, or does
 * when the connection closes, and takes no further step for work that never ends.
 */
function outlive(state: State, work: () => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    (async () => await work())().then(
      (value) => {
        if (!state.isOver) resolve(value);
      },
      (error: unknown) => {
        if (state.isOver) return;
        if (!isLost(error)) return reject(error);
        setTimeout(() => state.isOver || reject(error), CLOSES_WITHIN_MS).unref();
      },
    );
  });
}

/** The client of a transaction, which asks nothing more once that is over. */
function guard(client: Client, state: State): Client {
  const check = () => {
    if (state.isOver)
      throw Object.assign(new Error('The connection of this transaction was lost.'), {
        code: 'CONNECTION_CLOSED',
      });
  };
  return new Proxy(client, {
    apply(target, self, args) {
      check();
      return Reflect.apply(target as never, self, args);
    },
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (key === 'savepoint')
        return (...given: [Work] | [string, Work]) => {
          check();
          const work = given.at(-1) as Work;
          const inner = (nested: Client) => outlive(state, () => work(guard(nested, state)));
          return (value as (...args: unknown[]) => unknown)(...given.slice(0, -1), inner);
        };
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        check();
        return Reflect.apply(value as never, target, args);
      };
    },
  });
}

function isLost(error: unknown): boolean {
  for (let found = error; found instanceof Error; found = found.cause)
    if ('code' in found && LOST.test(String(found.code))) return true;
  return false;
}
