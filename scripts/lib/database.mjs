import { usableBinaries } from './postgres/binaries.mjs';
import { ensureCluster } from './postgres/cluster.mjs';
import { clonePlace } from './postgres/place.mjs';
import { startPostmaster } from './postgres/postmaster.mjs';

/**
 * The embedded database of this clone.
 * @typedef {import('./lifetime.mjs').Lifetime} Lifetime
 * @typedef {import('./progress.mjs').Progress} Progress
 */

export const databaseName = 'ragtoolkit';

/**
 * @param {{ lifetime: Lifetime, progress: Progress, password: string }} options
 */
export async function startDatabase({ lifetime, progress, password }) {
  const { signal } = lifetime;
  const place = clonePlace(progress.say);
  const binaries = usableBinaries(place.user);
  const make = () =>
    ensureCluster({ place, binaries, password, database: databaseName, durable: true, signal });
  return await progress.step('Starting PostgreSQL', async (step) => {
    const isNew = await make();
    if (isNew) step.update(`(new database in ${place.data})`);
    // Durability stays at PostgreSQL's defaults: what was accepted survives a power cut.
    const postmaster = await startPostmaster({
      place,
      binaries,
      password,
      settings: { max_connections: 100, shared_buffers: '256MB' },
      signal,
      onSpawn: (stop) => lifetime.defer(({ force }) => stop(force)),
    });
    return { isNew, postmaster, url: postmaster.url(databaseName) };
  });
}
