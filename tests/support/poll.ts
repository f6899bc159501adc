/** Asks again until `ask` answers something truthy, and answers that; throws after the deadline. */
export async function poll<T>(
  ask: () => Promise<T> | T,
  deadlineMs = 5_000,
  what = 'the condition',
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`${what} did not come true within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
