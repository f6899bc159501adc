import { runNode } from '../child.mjs';
import { ensureInstalled } from '../install.mjs';
import { createLifetime } from '../lifetime.mjs';
import { createProgress } from '../progress.mjs';
import { ensureBuild, nextCommand } from './build.mjs';

export async function buildCommand() {
  const progress = createProgress();
  const lifetime = createLifetime({ codeWhenAsked: 130 });
  const { signal } = lifetime;
  await lifetime.run(async () => {
    if (process.env.VERCEL) return (await runNode(nextCommand, ['build'], { signal, show: true })).code;
    await ensureInstalled({ progress, signal });
    const { folder } = await ensureBuild('start', { progress, signal, show: true });
    progress.say(`The build in ${folder} is up to date.`);
    return 0;
  });
}
