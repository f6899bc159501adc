import type { JobState, JobVerb } from './schema';

/** What can be done to a mail in a state. One that was sent can be sent once more, as another. */
export const mailVerbs: Record<JobState, readonly JobVerb[]> = {
  waiting: ['retry', 'discard'],
  running: [],
  retrying: ['retry', 'discard'],
  failed: ['retry'],
  done: ['replay'],
};

/** An erasure is asked for and kept on its tenant's page; here it can only be hurried. */
export const erasureVerbs: Record<JobState, readonly JobVerb[]> = {
  waiting: [],
  running: [],
  retrying: ['retry'],
  failed: ['retry'],
  done: [],
};

/** What Stripe told of. Doing it once more fetches what it was about anew, so it does no harm. */
export const webhookVerbs: Record<JobState, readonly JobVerb[]> = {
  waiting: [],
  running: [],
  retrying: [],
  failed: ['replay'],
  done: ['replay'],
};

/** Reports of usage to Stripe. None is ever given up by hand: it would not be billed. */
export const usageVerbs: Record<JobState, readonly JobVerb[]> = {
  waiting: [],
  running: [],
  retrying: [],
  failed: ['retry'],
  done: [],
};

/** An export is sent to whoever asked for it, while they wait: it can be cut short, and only they can ask again. */
export const exportVerbs: Record<JobState, readonly JobVerb[]> = {
  waiting: [],
  running: ['discard'],
  retrying: [],
  failed: [],
  done: [],
};
