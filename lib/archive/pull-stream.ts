/**
 * A stream of what a generator makes, which makes no more than is read. When the reader goes away, `stop` is called and
 * the generator ended; what it throws ends the stream with that error.
 */
export function pullStream(
  source: AsyncGenerator<Uint8Array>,
  stop: () => void = () => {},
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        stop();
        await source.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
