import { signOut as nextAuthSignOut } from 'next-auth/react';
import { toast } from 'sonner';

/** Ends the session and goes to the sign-in page, which leads on to `next`. When the server cannot be reached, says so and stays. */
export async function signOut(next?: string): Promise<void> {
  try {
    await nextAuthSignOut({ redirect: false });
    window.location.assign(next ? `/login?next=${encodeURIComponent(next)}` : '/login');
  } catch {
    toast.error('You are still signed in: the server could not be reached. Try again.');
  }
}
