import { signOut as nextAuthSignOut } from 'next-auth/react';
import { toast } from 'sonner';

/** Ends the session and goes to the sign-in page. When the server cannot be reached, says so and stays. */
export async function signOut(): Promise<void> {
  try {
    await nextAuthSignOut({ redirect: false });
    window.location.assign('/login');
  } catch {
    toast.error('You are still signed in: the server could not be reached. Try again.');
  }
}
