import { usableBinaries } from '../postgres/binaries.mjs';
import { ensureCluster } from '../postgres/cluster.mjs';
import { placeAt } from '../postgres/place.mjs';
import { startPostmaster } from '../postgres/postmaster.mjs';
import { databaseUser } from '../postgres/user.mjs';
import { random } from '../secrets.mjs';
import { temporaryFolder } from './temporary.mjs';

const careless = {
  max_connections: 200,
  shared_buffers: '128MB',
  // Nobody will read this data after a crash.
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
};

/**
 * A database server for one test run, in a folder of its own that goes with it.
 * @param {import('../lifetime.mjs').Lifetime} lifetime
 * @param {Record<string, string | number>} [settings]
 */
export async function startTestCluster(lifetime, settings = careless) {
  const user = databaseUser();
  const place = placeAt(temporaryFolder(lifetime, { user }), user);
  const binaries = usableBinaries(user);
  const password = random();
  const { signal } = lifetime;
  await ensureCluster({ place, binaries, password, database: 'test', durable: false, signal });
  return await startPostmaster({
    place,
    binaries,
    password,
    settings,
    signal,
    onSpawn: (stop) => lifetime.defer(({ force }) => stop(force)),
  });
}
