import { Stopped } from './failure.mjs';

/**
 * Tells what a command is doing: a line per step with a tick and the time it took. On a terminal the running step's
 * line is alive; elsewhere (a log, CI) there are whole lines only and no control codes.
 * @typedef {{ update(detail: string): void }} Step
 * @typedef {ReturnType<typeof createProgress>} Progress
 */

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Quick steps are silent until they are done; a slower one says on a log that it has begun. */
const SLOW_MS = 1_000;

/** @param {NodeJS.WriteStream} [stream] */
export function createProgress(stream = process.stdout) {
  const alive =
    Boolean(stream.isTTY) && !process.env.CI && !process.env.VERBOSE && process.env.TERM !== 'dumb';
  const colour = alive && !process.env.NO_COLOR;
  /** @type {(() => void) | undefined} */
  let clearLine;

  /**
   * @param {number} code
   * @param {string} text
   */
  const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

  /**
   * @template T
   * @param {string} name
   * @param {(step: Step) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  async function step(name, work) {
    const began = Date.now();
    let detail = '';
    let told = false;
    let frame = 0;
    const draw = () => {
      if (alive) {
        const line = `${frames[frame++ % frames.length]} ${name}${detail && ` ${detail}`} ${seconds(began)}`;
        stream.write(`\r\x1b[2K${line.slice(0, (stream.columns || 80) - 1)}`);
      } else if (!told) {
        told = true;
        stream.write(`· ${name} …\n`);
      }
    };
    const timer = alive ? setInterval(draw, 100) : setTimeout(draw, SLOW_MS);
    clearLine = alive ? () => stream.write('\r\x1b[2K') : undefined;
    try {
      const result = await work({
        update(text) {
          detail = text;
        },
      });
      finish(`${paint(32, '✓')} ${name}${detail && ` ${detail}`} ${paint(2, `(${seconds(began)})`)}`);
      return result;
    } catch (error) {
      if (error instanceof Stopped) finish('');
      else finish(`${paint(31, '✗')} ${name} ${paint(2, `(${seconds(began)})`)}`);
      throw error;
    }

    /** @param {string} line */
    function finish(line) {
      clearInterval(timer);
      clearLine?.();
      clearLine = undefined;
      if (line) stream.write(`${line}\n`);
    }
  }

  /**
   * A whole line beside the steps.
   * @param {string} line
   */
  function say(line) {
    clearLine?.();
    stream.write(`${line}\n`);
  }

  return { step, say, bold: (/** @type {string} */ text) => paint(1, text) };
}

/** @param {number} since */
export function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
